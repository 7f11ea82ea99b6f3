import type { CloseReason } from '../../avatar/close-reason.ts';
import type { Limits } from '../../limits.ts';

type Open = { openedAt: number; lastActivityAt: number; clientJoined: boolean };

/**
 * `new -> connecting -> connected -> closed`, the vendor's own words for the first three. Times are epoch ms.
 *
 * - `new`: streaming.new was answered; nothing runs yet
 * - `connecting`: streaming.start was answered; the avatar's tracks are on their way
 * - `connected`: both tracks are up, tasks are taken
 * - `closed`: over for good; its room is deleted
 */
export type SessionState =
  | ({ name: 'new' } & Open)
  | ({ name: 'connecting'; startedAt: number } & Open)
  | ({ name: 'connected'; startedAt: number; connectedAt: number; speaking: boolean } & Open)
  | {
      name: 'closed';
      openedAt: number;
      startedAt?: number;
      connectedAt?: number;
      closedAt: number;
      reason: CloseReason;
    };

export type SessionEvent = { at: number } & (
  | {
      type: 'start' | 'tracks-up' | 'client-joined' | 'activity' | 'speech-started' | 'speech-ended' | 'time';
    }
  | { type: 'close'; reason: CloseReason }
);

/** The limits of one session, ms. `idle` is undefined when the request switched it off. */
export type SessionLimits = { idle?: number; duration: number; clientJoin: number };

export function sessionLimits(
  limits: Limits,
  request: { activity_idle_timeout?: number; disable_idle_timeout?: boolean },
): SessionLimits {
  return {
    ...(!request.disable_idle_timeout && {
      idle: (request.activity_idle_timeout ?? limits.idleTimeout) * 1_000,
    }),
    duration: limits.sessionDurationLimit * 1_000,
    clientJoin: limits.clientJoinTimeout * 1_000,
  };
}

export function opened(at: number): SessionState {
  return { name: 'new', openedAt: at, lastActivityAt: at, clientJoined: false };
}

/** The state after an event. An event that makes no sense in a state changes nothing. */
export function next(state: SessionState, event: SessionEvent, limits: SessionLimits): SessionState {
  if (state.name === 'closed') return state;
  switch (event.type) {
    case 'start':
      return state.name === 'new'
        ? { ...state, name: 'connecting', startedAt: event.at, lastActivityAt: event.at }
        : state;
    case 'tracks-up':
      return state.name === 'connecting'
        ? { ...state, name: 'connected', connectedAt: event.at, speaking: false, lastActivityAt: event.at }
        : state;
    case 'client-joined':
      return { ...state, clientJoined: true };
    case 'activity':
      return { ...state, lastActivityAt: event.at };
    case 'speech-started':
    case 'speech-ended':
      return state.name === 'connected'
        ? { ...state, speaking: event.type === 'speech-started', lastActivityAt: event.at }
        : state;
    case 'time': {
      const due = deadline(state, limits);
      return due && event.at >= due.at ? closed(state, event.at, due.reason) : state;
    }
    case 'close':
      return closed(state, event.at, event.reason);
  }
}

/** When the vendor ends the session by itself, and why. A session that speaks isn't idle. */
export function deadline(
  state: SessionState,
  limits: SessionLimits,
): { at: number; reason: CloseReason } | undefined {
  if (state.name === 'closed') return undefined;
  const due: { at: number; reason: CloseReason }[] = [];
  if (state.name !== 'new') due.push({ at: state.startedAt + limits.duration, reason: 'duration-limit' });
  if (!state.clientJoined) due.push({ at: state.openedAt + limits.clientJoin, reason: 'no-client' });
  const speaking = state.name === 'connected' && state.speaking;
  if (limits.idle !== undefined && !speaking)
    due.push({ at: state.lastActivityAt + limits.idle, reason: 'idle-timeout' });
  return due.reduce<(typeof due)[number] | undefined>(
    (first, one) => (first && first.at <= one.at ? first : one),
    undefined,
  );
}

function closed(state: SessionState, at: number, reason: CloseReason): SessionState {
  return {
    name: 'closed',
    openedAt: state.openedAt,
    ...('startedAt' in state && { startedAt: state.startedAt }),
    ...('connectedAt' in state && { connectedAt: state.connectedAt }),
    closedAt: at,
    reason,
  };
}
