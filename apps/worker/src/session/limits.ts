import type { SessionLimit, SessionLimits, WhenUnused } from '@avatar-bridge/contracts';
import { outlasted } from '@avatar-bridge/session-store';
import type { StateEvent } from './state.ts';

/** How a session is used; ms by now(). */
export type Use = {
  createdAt: number;
  /** When something was asked of it, or said, last. */
  activeAt: number;
  /** Since when nobody watches; undefined while somebody does. */
  unwatchedSince: number | undefined;
};

/** The limit that is reached first, unless the session is used meanwhile. */
export type Due = { limit: SessionLimit; action: WhenUnused; at: number; warnAt: number };

/** ms before a limit is reached at which listeners are told, at most. */
const warningMs = 60_000;
/** ms that an utterance may take to end before a session that nobody watches is parked. */
const parkDeadlineMs = 30_000;

export function firstDue({ createdAt, activeAt, unwatchedSince }: Use, limits: SessionLimits): Due {
  const { maxDurationSeconds, idleSeconds, unwatchedSeconds, whenUnused } = limits;
  const dues = [due('max-duration', 'end', createdAt, maxDurationSeconds)];
  if (unwatchedSince !== undefined) {
    dues.push(
      due('idle', whenUnused, Math.max(activeAt, unwatchedSince), idleSeconds),
      due('unwatched', whenUnused, unwatchedSince, unwatchedSeconds),
    );
  }
  return dues.reduce((first, other) => (other.at < first.at ? other : first));
}

function due(limit: SessionLimit, action: WhenUnused, since: number, seconds: number): Due {
  const limitMs = seconds * 1_000;
  const at = since + limitMs;
  return { limit, action, at, warnAt: at - Math.min(warningMs, limitMs / 5) };
}

/** What a session does about a limit that is reached. */
export function limitReached({ limit, action, at }: Due, limits: SessionLimits): StateEvent {
  const { maxDurationSeconds, idleSeconds, unwatchedSeconds } = limits;
  if (limit === 'max-duration') return { type: 'stop.requested', end: outlasted(maxDurationSeconds) };
  if (action === 'park') return { type: 'park.requested', reason: limit, deadline: at + parkDeadlineMs };
  const message =
    limit === 'idle'
      ? `Nobody used or watched it for ${idleSeconds} s`
      : `Nobody watched it for ${unwatchedSeconds} s`;
  return { type: 'stop.requested', end: { outcome: 'stopped', code: limit, message } };
}
