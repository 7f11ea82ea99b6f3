import type { SessionEnd, SessionLimit } from '@avatar-bridge/contracts';

/**
 * What a worker does about one session it has the lease of. The session's own states (queued, starting, live,
 * recovering, parked, stopping, ended) are what it announces on the way; the others are this worker's
 * business.
 *
 *     starting ----> live <----> recovering        a vendor session is on the stage, or on its way there again
 *        |             |              |
 *        +-------------+--------------+---> stopping ---> ended       the session is over
 *        +-------------+--------------+---> parking ----> parked      it stays, without a vendor session
 *        +-------------+--------------+---> releasing --> released    another worker goes on (drain)
 *     any state ----------------------------> fenced                  another worker has it already: hands off
 *     any state ----------------------------> crashed                 a bug: another lease goes on
 */
export type State =
  /**
   * The first vendor session of this session is being opened, not before `notBefore`; `reason`: why it is not
   * yet.
   */
  | ({ name: 'starting'; notBefore: number; reason?: string } & Tries)
  | ({ name: 'live'; since: number } & Tries)
  /**
   * Another vendor session is being opened, or the same one put on the stage again, not before `notBefore`.
   */
  | ({ name: 'recovering'; notBefore: number; reason: string } & Tries)
  /** What the vendor is saying is said to its end, until `deadline` at the latest. */
  | { name: 'releasing'; deadline: number }
  /** Nobody uses it. What the vendor is saying is said to its end, until `deadline` at the latest. */
  | { name: 'parking'; reason: ParkReason; deadline: number }
  | { name: 'stopping'; end: SessionEnd }
  | Over;

/** Which of its limits a parked session has reached. */
export type ParkReason = Exclude<SessionLimit, 'max-duration'>;

export type Over =
  | { name: 'released' }
  | { name: 'parked' }
  | { name: 'ended'; end: SessionEnd }
  | { name: 'fenced' }
  | { name: 'crashed'; error: unknown };

/** Times are ms by now(). */
export type Tries = {
  /** Failures in a row, with nothing said between them. */
  attempt: number;
  /** When the first of them was. */
  failingSince: number | undefined;
  /** How often somebody took the avatar off the stage lately. */
  removals: number;
};

/** What happens to it. `at` is ms by now(); `chance`, 0 to 1, spreads what many sessions do at once. */
export type StateEvent =
  /** A vendor session is on the stage. */
  | { type: 'link.up'; at: number }
  /** It could not be opened, or was lost. */
  | ({ type: 'link.down'; at: number; chance: number } & Failure)
  /**
   * It lives, but is not on the stage. `removed`: somebody took it away, so coming back at once is no answer.
   */
  | { type: 'stage.lost'; at: number; reason: string; removed: boolean }
  /** Something was said. */
  | { type: 'link.proven' }
  | { type: 'park.requested'; reason: ParkReason; deadline: number }
  | { type: 'stop.requested'; end: SessionEnd }
  | { type: 'drain.requested'; deadline: number }
  /** What had to be done before the session is over, parked or another's is done. */
  | { type: 'cleared' }
  | { type: 'fenced' }
  | { type: 'crashed'; error: unknown };

export type Failure = {
  code: string;
  reason: string;
  /** ms */
  retryAfter?: number;
  /** Another try is senseless. */
  end?: SessionEnd;
  /** Another provider goes on, with tries of its own. */
  another?: true;
  /** Nothing failed: it has to wait for a slot, for a vendor that is out of order, or for the stage. */
  waiting?: boolean;
  /** The vendor is known to be out of order: this costs time, but was no try. */
  untried?: true;
  /** Another provider goes on after that. */
  tryAgainBy?: number;
  /** Nothing failed: it is replaced. */
  planned?: true;
  /** Nothing failed: somebody took the avatar off the stage before it was there. */
  removed?: true;
};

export type StateRules = {
  /** ms of failures in a row, waiting not counted, after which the session is given up. */
  patienceMs: number;
};

export const usualRules: StateRules = { patienceMs: 600_000 };
export const noTries: Tries = { attempt: 0, failingSince: undefined, removals: 0 };
/** ms live after which a vendor session counts as good, also when nothing was said. */
export const stableAfter = 30_000;
/** ms live after which the removals before are forgotten. */
const forgivenAfter = 600_000;
/** ms before the avatar comes back after somebody took it off the stage, for the first, second ... time. */
const removalPauses = [5_000, 15_000, 60_000, 300_000];

/** The state after an event; the same object when the event means nothing now. */
export function next(state: State, event: StateEvent, rules: StateRules = usualRules): State {
  if (isOver(state)) return state;
  switch (event.type) {
    case 'fenced':
      return { name: 'fenced' };
    case 'crashed':
      return { name: 'crashed', error: event.error };
    case 'link.up':
      if (state.name !== 'starting' && state.name !== 'recovering') return state;
      return { name: 'live', since: event.at, ...tries(state) };
    case 'link.proven':
      return state.name === 'live' && state.attempt > 0
        ? { ...state, attempt: 0, failingSince: undefined }
        : state;
    case 'link.down':
      return down(state, event, rules);
    case 'stage.lost':
      return offstage(state, event);
    case 'park.requested':
      return isActive(state) ? { name: 'parking', reason: event.reason, deadline: event.deadline } : state;
    case 'stop.requested':
      return state.name === 'stopping' ? state : { name: 'stopping', end: event.end };
    case 'drain.requested':
      if (state.name === 'stopping') return state;
      // It is nobody's before the next owner could be there.
      if (state.name === 'parking') return { ...state, deadline: Math.min(state.deadline, event.deadline) };
      return {
        name: 'releasing',
        deadline: state.name === 'releasing' ? Math.min(state.deadline, event.deadline) : event.deadline,
      };
    case 'cleared':
      if (state.name === 'stopping') return { name: 'ended', end: state.end };
      if (state.name === 'parking') return { name: 'parked' };
      return state.name === 'releasing' ? { name: 'released' } : state;
  }
}

export function isOver(state: State): state is Over {
  return ['released', 'parked', 'ended', 'fenced', 'crashed'].includes(state.name);
}

/** Whether the session has a vendor session, or is about to have one. */
export function isActive(state: State): state is Extract<State, Tries> {
  return state.name === 'starting' || state.name === 'live' || state.name === 'recovering';
}

/** Whether listeners are to be told of a state: not each time that what is waited for is not there yet. */
export function isNews(state: State, before: State): boolean {
  if (state.name === 'recovering' && before.name === 'recovering')
    return state.reason !== before.reason || state.attempt !== before.attempt;
  if (state.name === 'starting' && before.name === 'starting') return state.reason !== before.reason;
  return state.name !== before.name;
}

/** ms before the n-th try: none before the first, then doubling to 15 s, spread over the upper half. */
export function backoff(attempt: number, chance: number): number {
  if (attempt <= 1) return 0;
  const full = Math.min(250 * 2 ** (attempt - 1), 15_000);
  return Math.round(full * (0.5 + 0.5 * chance));
}

/** ms until it is looked again whether what was waited for is there. */
export function waitingPause(chance: number): number {
  return Math.round(1_000 + 1_000 * chance);
}

function down(state: State, event: Extract<StateEvent, { type: 'link.down' }>, rules: StateRules): State {
  // Nothing is left to be said to its end.
  if (state.name === 'releasing' || state.name === 'parking') return { ...state, deadline: event.at };
  if (!isActive(state)) return state;
  const { at, chance, code, reason, retryAfter = 0, tryAgainBy = Number.POSITIVE_INFINITY } = event;
  if (event.end) return { name: 'stopping', end: event.end };
  if (event.another) return again(state, reason, { ...noTries, removals: state.removals }, at);
  if (event.planned) return again(state, reason, state, at);
  if (event.removed) return offstage(state, { type: 'stage.lost', at, reason, removed: true });
  if (event.waiting)
    return again(state, reason, state, Math.min(at + Math.max(waitingPause(chance), retryAfter), tryAgainBy));
  const stable = state.name === 'live' && at - state.since >= stableAfter;
  const attempt = (stable ? 0 : state.attempt) + (event.untried ? 0 : 1);
  const failingSince = (stable ? undefined : state.failingSince) ?? at;
  if (at - failingSince >= rules.patienceMs) {
    const minutes = Math.round(rules.patienceMs / 60_000);
    const message = `Given up after ${attempt} tries within ${minutes} minutes: ${reason}`;
    return { name: 'stopping', end: { outcome: 'failed', code, message } };
  }
  const pause = event.untried
    ? retryAfter
    : Math.max(backoff(attempt + (state.name === 'live' ? 0 : 1), chance), retryAfter);
  return again(state, reason, { ...state, attempt, failingSince }, Math.min(at + pause, tryAgainBy));
}

function offstage(state: State, event: Extract<StateEvent, { type: 'stage.lost' }>): State {
  if (state.name === 'releasing' || state.name === 'parking') return { ...state, deadline: event.at };
  if (!isActive(state)) return state;
  const { at, reason, removed } = event;
  const forgiven = state.name === 'live' && at - state.since >= forgivenAfter;
  const before = forgiven ? 0 : state.removals;
  const removals = removed ? before + 1 : before;
  const pause = removed ? (removalPauses[before] ?? removalPauses.at(-1) ?? 0) : 0;
  return again(state, reason, { ...state, removals }, at + pause);
}

function again(state: Extract<State, Tries>, reason: string, from: Tries, notBefore: number): State {
  if (state.name === 'starting') return { name: 'starting', notBefore, reason, ...tries(from) };
  return { name: 'recovering', notBefore, reason, ...tries(from) };
}

function tries({ attempt, failingSince, removals }: Tries): Tries {
  return { attempt, failingSince, removals };
}
