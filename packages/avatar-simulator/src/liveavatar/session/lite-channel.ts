import type { EndReason } from '@avatar-bridge/heygen-client/liveavatar';
import type { AvatarMedia } from '../../avatar/avatar-media.ts';
import { AudioChannel } from '../../realtime/audio-channel.ts';
import type { LiveAvatarContext } from '../liveavatar-context.ts';
import type { ChannelHost, ModeChannel } from './mode-channel.ts';

/** LITE mode: the client's own voice over a socket. */
export class LiteChannel implements ModeChannel {
  readonly audio: AudioChannel;

  constructor(host: ChannelHost, { switches, faults, logger }: LiveAvatarContext) {
    this.audio = new AudioChannel({
      switches: () => switches.values,
      plan: () => faults.takeForTask(host.sessionId),
      onTask: (task) => host.onTask(task),
      onActivity: () => host.onActivity(),
      onSpeaking: (active) => host.onSpeaking(active),
      onListening: (on) => host.onListening(on),
      logger,
    });
  }

  /** Nobody but the avatar is in a LITE room. */
  join(): Promise<void> {
    return Promise.resolve();
  }

  attach(media: AvatarMedia): void {
    this.audio.attach(media);
  }

  mute(): void {
    this.audio.mute();
  }

  end(_reason: EndReason, quietly: boolean): Promise<void> {
    this.audio.close(quietly);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  dropSockets(): number {
    return this.audio.dropSockets();
  }
}
