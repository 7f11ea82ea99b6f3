import type { TaskMode, TaskType } from '@avatar-bridge/heygen-client';

/**
 * Where a task came from: streaming.task, a socket, room data, a user's speech that was ordered, or the
 * double itself (an opening, a silence prompt).
 */
export type TaskOrigin = 'rest' | 'socket' | 'room' | 'user' | 'opening' | 'silence';

/**
 * A text or, with type `voice`, a sound that the avatar was given. Times are epoch ms; those that didn't
 * happen are missing.
 */
export type Task = {
  readonly taskId: string;
  readonly text: string;
  readonly taskType: TaskType | 'voice';
  readonly taskMode: TaskMode;
  readonly origin: TaskOrigin;
  readonly receivedAt: number;
  /** What the client calls it: event_id of LiveAvatar. */
  readonly eventId?: string;
  /** `voice` only: ms of sound that came in, and that was played. */
  receivedMs?: number;
  playedMs?: number;
  /** What was said: the text itself, or the answer to it. */
  spokenText?: string;
  startedAt?: number;
  stoppedAt?: number;
  /** Set when it was silenced, or taken from the queue, before its end. */
  interruptedAt?: number;
};

/** How a task came to its end. `durationMs` is the speech that was heard. */
export type TaskEnd = {
  outcome: 'spoken' | 'interrupted' | 'cleared' | 'failed' | 'closed';
  durationMs: number;
};

/** The vendor's guess when a task is taken, ms; known to be unreliable. */
export function guessDuration(text: string): number {
  return Math.round(400 + text.length * 62);
}
