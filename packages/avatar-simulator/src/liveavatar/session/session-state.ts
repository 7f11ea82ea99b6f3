import type { CloseReason } from '../../avatar/close-reason.ts';

/**
 * `minted -> connecting -> connected -> closed`. Times are epoch ms.
 *
 * - `minted`: sessions/token was answered; nothing runs and nothing is paid yet
 * - `connecting`: sessions/start was answered; the avatar is on its way
 * - `connected`: everybody who belongs into the room is there; commands are taken. `muted`: over its time
 *   limit and left alone (switch `sessionEnd`)
 * - `closed`: over for good
 */
export type SessionState =
  | { name: 'minted'; openedAt: number }
  | ({ name: 'connecting' } & Running)
  | ({ name: 'connected'; connectedAt: number; speaking: boolean; muted: boolean } & Running)
  | {
      name: 'closed';
      openedAt: number;
      startedAt?: number;
      connectedAt?: number;
      closedAt: number;
      reason: CloseReason;
    };

type Running = { openedAt: number; startedAt: number; lastActivityAt: number; paidUntil: number };

export type SessionEvent = { at: number } & (
  | {
      type:
        | 'start'
        | 'ready'
        | 'activity'
        | 'speech-started'
        | 'speech-ended'
        | 'paid'
        | 'muted'
        /** Asks whether a deadline has passed. */
        | 'time';
    }
  | { type: 'close'; reason: CloseReason }
);

/** The limits of one session, ms. `minute` is what credits are counted by. */
export type SessionLimits = { token: number; duration: number; reap: number; minute: number };

/** What is due by itself: a session ends, or another minute must be paid. */
export type Due =
  | { at: number; what: 'end'; reason: CloseReason }
  | { at: number; what: 'pay' }
  | { at: number; what: 'limit' };

export function minted(at: number): SessionState {
  return { name: 'minted', openedAt: at };
}

/** The state after an event. An event that makes no sense in a state changes nothing. */
export function next(state: SessionState, event: SessionEvent, limits: SessionLimits): SessionState {
  const { at } = event;
  if (state.name === 'closed') return state;
  if (event.type === 'close') return closed(state, at, event.reason);
  if (event.type === 'time') {
    const due = nextDue(state, limits);
    return due?.what === 'end' && at >= due.at ? closed(state, at, due.reason) : state;
  }
  if (state.name === 'minted') {
    if (event.type !== 'start') return state;
    const { openedAt } = state;
    return { name: 'connecting', openedAt, startedAt: at, lastActivityAt: at, paidUntil: at + limits.minute };
  }
  switch (event.type) {
    case 'start':
      return state;
    case 'ready':
      return state.name === 'connecting'
        ? {
            ...state,
            name: 'connected',
            connectedAt: at,
            speaking: false,
            muted: false,
            lastActivityAt: at,
          }
        : state;
    case 'activity':
      return { ...state, lastActivityAt: at };
    case 'speech-started':
    case 'speech-ended':
      return state.name === 'connected'
        ? { ...state, speaking: event.type === 'speech-started', lastActivityAt: at }
        : state;
    case 'paid':
      return { ...state, paidUntil: state.paidUntil + limits.minute };
    case 'muted':
      return state.name === 'connected' ? { ...state, muted: true, speaking: false } : state;
  }
}

/**
 * What comes next if nothing else happens. A session that speaks is not reaped, and a muted one costs
 * nothing.
 */
export function nextDue(state: SessionState, limits: SessionLimits): Due | undefined {
  if (state.name === 'closed') return undefined;
  if (state.name === 'minted') return { at: state.openedAt + limits.token, what: 'end', reason: 'no-client' };
  const muted = state.name === 'connected' && state.muted;
  const speaking = state.name === 'connected' && state.speaking;
  const due: Due[] = [];
  if (!speaking) due.push({ at: state.lastActivityAt + limits.reap, what: 'end', reason: 'reaped' });
  if (!muted) due.push({ at: state.startedAt + limits.duration, what: 'limit' });
  if (!muted && Number.isFinite(state.paidUntil)) due.push({ at: state.paidUntil, what: 'pay' });
  return due.reduce<Due | undefined>((first, one) => (first && first.at <= one.at ? first : one), undefined);
}

function closed(
  state: Exclude<SessionState, { name: 'closed' }>,
  at: number,
  reason: CloseReason,
): SessionState {
  return {
    name: 'closed',
    openedAt: state.openedAt,
    ...(state.name !== 'minted' && { startedAt: state.startedAt }),
    ...(state.name === 'connected' && { connectedAt: state.connectedAt }),
    closedAt: at,
    reason,
  };
}
