import type { EndReason } from '@avatar-bridge/heygen-client/liveavatar';
import type { AvatarMedia } from '../../avatar/avatar-media.ts';
import type { Task } from '../../avatar/task.ts';

/** How a session is talked to: by data in its room (FULL), or by sound over a socket (LITE). */
export interface ModeChannel {
  /** Resolves when everybody else is there whom clients wait for. Rejects when that fails. */
  join(signal: AbortSignal): Promise<void>;
  /** The avatar is up. */
  attach(media: AvatarMedia): void;
  /** From now on nothing is said. */
  mute(): void;
  /** Silences the avatar; tells that the session ended, unless `quietly`. */
  end(reason: EndReason, quietly: boolean): Promise<void>;
  /** Once the room is gone. Idempotent. */
  close(): Promise<void>;
  dropSockets(): number;
}

/** The session that a channel belongs to. */
export interface ChannelHost {
  readonly sessionId: string;
  onTask(task: Task): void;
  /** Somebody came into the session's own room, or left it. */
  onPresence(identity: string, present: boolean): void;
  onActivity(): void;
  onSpeaking(active: boolean): void;
  onListening(on: boolean): void;
  /** A client asked for the end. */
  onStop(): void;
  /** Somebody who has to be there is gone. */
  onLost(): void;
}
