import type { SessionEnd } from '@avatar-bridge/contracts';

/**
 * What a worker does about one session it has the lease of. The session's own states (queued, starting, live, recovering, stopping,
 * ended) are what it announces on the way; `releasing` and `fenced` are this worker's business only.
 *
 *     starting ----> live <----> recovering        a vendor session and its relay are up, or on their way again
 *        |             |              |
 *        +-------------+--------------+---> stopping ---> ended       the session is over
 *        +-------------+--------------+---> releasing --> released    another worker goes on (drain)
 *     any state ----------------------------> fenced                  another worker has it already: hands off
 */
export type State =
  /** The first vendor session of this session is being opened, not before `notBefore` (epoch ms). */
  | { name: 'starting'; attempt: number; notBefore: number }
  /** `attempt` counts the vendor sessions lost or refused in a row before this one. */
  | { name: 'live'; attempt: number; since: number }
  /** Another vendor session is being opened, not before `notBefore` (epoch ms). */
  | { name: 'recovering'; attempt: number; notBefore: number; reason: string }
  /** Utterances the vendor holds are spoken to their end, until `deadline` (epoch ms) at the latest. */
  | { name: 'releasing'; deadline: number }
  | { name: 'stopping'; end: SessionEnd }
  | { name: 'released' }
  | { name: 'ended'; end: SessionEnd }
  | { name: 'fenced' };

/** What happens to it. `at` is epoch ms; `chance`, 0 to 1, spreads what many sessions do at once. */
export type StateEvent =
  /** A vendor session is open and on the stage. */
  | { type: 'link.up'; at: number }
  /**
   * It could not be opened, or was lost. `end` is set when another try is senseless. `another`: another provider goes on, with tries
   * of its own. `tryAgainBy` (epoch ms): a slot is waited for, which is no failed try, and another provider goes on after that.
   */
  | {
      type: 'link.down';
      at: number;
      chance: number;
      code: string;
      reason: string;
      retryAfter?: number;
      end?: SessionEnd;
      another?: true;
      tryAgainBy?: number;
    }
  /** The vendor session has proved itself: something was said with it. */
  | { type: 'link.proven' }
  | { type: 'stop.requested'; reason: string }
  | { type: 'drain.requested'; deadline: number }
  /** Nothing is held at the vendor any more: the vendor session is stopped, or written down as to be stopped. */
  | { type: 'cleared' }
  | { type: 'fenced' };

/** Vendor sessions lost or refused in a row before the session is given up. */
export const maxAttempts = 8;
/** ms live after which a vendor session counts as good, also when nothing was said. */
export const stableAfter = 30_000;

/** The state after an event; the same object when the event means nothing now. */
export function next(state: State, event: StateEvent): State {
  if (isOver(state)) return state;
  switch (event.type) {
    case 'fenced':
      return { name: 'fenced' };
    case 'link.up':
      return state.name === 'starting' || state.name === 'recovering'
        ? { name: 'live', attempt: state.attempt, since: event.at }
        : state;
    case 'link.proven':
      return state.name === 'live' && state.attempt > 0 ? { ...state, attempt: 0 } : state;
    case 'link.down':
      return down(state, event);
    case 'stop.requested':
      return state.name === 'stopping'
        ? state
        : { name: 'stopping', end: { outcome: 'stopped', code: 'stopped', message: event.reason } };
    case 'drain.requested':
      if (state.name === 'stopping') return state;
      return {
        name: 'releasing',
        deadline: state.name === 'releasing' ? Math.min(state.deadline, event.deadline) : event.deadline,
      };
    case 'cleared':
      if (state.name === 'stopping') return { name: 'ended', end: state.end };
      return state.name === 'releasing' ? { name: 'released' } : state;
  }
}

export function isOver(state: State): state is Extract<State, { name: 'released' | 'ended' | 'fenced' }> {
  return state.name === 'released' || state.name === 'ended' || state.name === 'fenced';
}

/** ms before the n-th try: none before the first, then doubling to 15 s, spread over the upper half. */
export function backoff(attempt: number, chance: number): number {
  if (attempt <= 1) return 0;
  const full = Math.min(250 * 2 ** (attempt - 1), 15_000);
  return Math.round(full * (0.5 + 0.5 * chance));
}

function down(state: State, event: Extract<StateEvent, { type: 'link.down' }>): State {
  // nothing is left to be spoken to its end
  if (state.name === 'releasing') return { ...state, deadline: event.at };
  if (state.name === 'stopping' || isOver(state)) return state;
  if (event.end) return { name: 'stopping', end: event.end };
  if (event.another) return again(state, event, 0, event.at);
  const { tryAgainBy = Number.POSITIVE_INFINITY } = event;
  const stable = state.name === 'live' && event.at - state.since >= stableAfter;
  const counted = (stable ? 0 : state.attempt) + 1;
  const attempt = event.tryAgainBy === undefined ? counted : Math.min(counted, maxAttempts);
  if (attempt > maxAttempts) {
    return {
      name: 'stopping',
      end: {
        outcome: 'failed',
        code: event.code,
        message: `Given up after ${maxAttempts} tries: ${event.reason}`,
      },
    };
  }
  const notBefore =
    event.at +
    Math.max(backoff(attempt + (state.name === 'live' ? 0 : 1), event.chance), event.retryAfter ?? 0);
  return again(state, event, attempt, Math.min(notBefore, tryAgainBy));
}

function again(state: State, { reason }: { reason: string }, attempt: number, notBefore: number): State {
  if (state.name === 'starting') return { name: 'starting', attempt, notBefore };
  return { name: 'recovering', attempt, notBefore, reason };
}
