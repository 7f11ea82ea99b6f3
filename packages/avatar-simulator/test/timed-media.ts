import { EventEmitter } from 'node:events';
import type { ReceivedData, RemoteParticipant } from '@avatar-bridge/livekit-rtp';
import type { AvatarMedia, StartMedia, VoiceUnderWay } from '../src/avatar/avatar-media.ts';
import { now } from '../src/clock.ts';

/**
 * An avatar without a face that speaks by the clock, for tests of the protocol: 1 ms a character, a chunk a
 * word.
 */
export class TimedMedia extends EventEmitter<{
  data: [ReceivedData];
  participantJoined: [RemoteParticipant];
  participantLeft: [RemoteParticipant];
  disconnected: [{ reason: string }];
}> {
  static readonly all: TimedMedia[] = [];
  readonly ready = Promise.resolve();
  /** What was sent into the room, in order. */
  readonly sent: { [key: string]: unknown }[] = [];
  readonly spoken: string[] = [];
  readonly stalls: [kind: string, on: boolean][] = [];
  readonly options: Parameters<StartMedia>[0];
  closedBecause: string | undefined;
  #silence: (() => void) | undefined;
  readonly #participants = new Map<string, RemoteParticipant>();

  static readonly start: StartMedia = async (options) => {
    const media = new TimedMedia(options);
    TimedMedia.all.push(media);
    return media.asAvatarMedia();
  };

  private constructor(options: Parameters<StartMedia>[0]) {
    super();
    this.options = options;
  }

  join(identity: string): void {
    const participant = { identity } as RemoteParticipant;
    this.#participants.set(identity, participant);
    this.emit('participantJoined', participant);
  }

  say(payload: string, identity = 'client'): void {
    this.emit('data', { payload: Buffer.from(payload), participantIdentity: identity, reliable: true });
  }

  /** Plays in real time. */
  #speakVoice(onDry: (dry: boolean) => void): VoiceUnderWay {
    const started = Promise.withResolvers<{ startedAt: number }>();
    const { promise, resolve } = Promise.withResolvers<'ended' | 'interrupted'>();
    let [played, buffered, ended, dry] = [0, 0, false, false];
    const finish = (how: 'ended' | 'interrupted'): void => {
      clearInterval(ticks);
      started.resolve({ startedAt: now() });
      resolve(how);
    };
    const ticks = setInterval(() => {
      if (buffered === 0 && ended) return finish('ended');
      if (dry !== (buffered === 0)) onDry((dry = !dry));
      if (dry) return undefined;
      const step = Math.min(10, buffered);
      buffered -= step;
      played += step;
      return started.resolve({ startedAt: now() });
    }, 10);
    this.#silence = () => finish('interrupted');
    return {
      started: started.promise,
      finished: promise,
      append: (pcm) => void (buffered += pcm.length / 24),
      end: () => void (ended = true),
      playedMs: () => played,
    };
  }

  asAvatarMedia(): AvatarMedia {
    return {
      ready: this.ready,
      participant: Object.assign(this, {
        remoteParticipants: this.#participants,
        sendData: async (payload: Uint8Array) =>
          void this.sent.push(JSON.parse(Buffer.from(payload).toString())),
      }),
      speak: async (text) => {
        this.spoken.push(text);
        const startedAt = now();
        const { promise, resolve } = Promise.withResolvers<'ended' | 'interrupted'>();
        const timer = setTimeout(() => resolve('ended'), text.length);
        this.#silence = () => {
          clearTimeout(timer);
          resolve('interrupted');
        };
        const words = text.split(' ').map((word, index) => ({ text: word, atMs: index * 5 }));
        return { durationMs: text.length, startedAt, finished: promise, segments: words };
      },
      speakVoice: (onDry) => this.#speakVoice(onDry),
      interrupt: () => {
        const silence = this.#silence;
        this.#silence = undefined;
        silence?.();
        return silence !== undefined;
      },
      stall: (kind, on) => void this.stalls.push([kind, on]),
      close: async (reason) => {
        this.#silence?.();
        this.closedBecause ??= reason;
      },
    };
  }
}
