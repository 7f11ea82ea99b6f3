import { RetryableError, type LiveKitRtpError } from './errors.ts';
import type { DisconnectReason } from './types.ts';

/** How a session ended, or why none came about. */
export type Loss = {
  reason: DisconnectReason;
  detail?: string;
  error: LiveKitRtpError;
  /** The server's leave message asked us to come again (action RESUME or RECONNECT). */
  askedBack?: boolean;
};

/**
 * Where a participant stands with its room. `tries`: attempts to rejoin that have failed since it last stood for a while.
 * `ghosts`: attempts of ours that we gave up although the server has them, see `next`.
 */
export type RejoinState =
  | { name: 'joining' }
  | { name: 'joined'; at: number; tries: number; ghosts: number }
  | { name: 'rejoining'; loss: Loss; wait: number; tries: number; ghosts: number; failure?: LiveKitRtpError }
  | { name: 'ended'; loss: Loss };

export type RejoinEvent =
  | { type: 'joined'; at: number }
  | { type: 'lost'; at: number; loss: Loss }
  /** `unanswered`: we gave the attempt up while the server had our request and had not answered. */
  | { type: 'failed'; loss: Loss; unanswered: boolean }
  | { type: 'expired'; timeout: number };

export type RejoinPolicy = { reconnect: boolean; random(): number };

/** ms a session must last to count as one that stands: before, the next loss is one more failure of the same outage. */
const SETTLED = 5_000;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 1_000;

/**
 * `joining` -> `joined` <-> `rejoining` -> `ended`, which nothing leaves.
 *
 * A frozen server that thaws answers every join request it was sent meanwhile, also those whose sender is gone, in any order. Such a
 * ghost of ours can throw out the session that came after it. So a `duplicate-identity` is taken for a ghost's when there is one
 * that has not shown itself and the session has just been joined; each ghost excuses one. Every other one is somebody else, and final.
 */
export function next(state: RejoinState, event: RejoinEvent, policy: RejoinPolicy): RejoinState {
  if (state.name === 'ended') return state;
  switch (event.type) {
    case 'joined':
      if (state.name === 'joined') return state;
      return {
        name: 'joined',
        at: event.at,
        tries: 0,
        ghosts: 0,
        ...(state.name === 'rejoining' ? countsOf(state) : {}),
      };
    case 'lost': {
      const { at, loss } = event;
      if (state.name !== 'joined' || !policy.reconnect) return { name: 'ended', loss };
      const counts =
        at - state.at < SETTLED ? { tries: state.tries + 1, ghosts: state.ghosts } : { tries: 0, ghosts: 0 };
      return goOn(loss, { loss, ...counts }, policy);
    }
    case 'failed': {
      if (state.name !== 'rejoining') return state;
      const ghosts = state.ghosts + (event.unanswered ? 1 : 0);
      const counts = { tries: state.tries + 1, ghosts };
      return goOn(event.loss, { loss: state.loss, ...counts, failure: event.loss.error }, policy);
    }
    case 'expired': {
      if (state.name !== 'rejoining') return state;
      const { loss, failure } = state;
      const why = [`not back within ${event.timeout} ms`, failure?.message ?? loss.detail].filter(
        (part) => part !== undefined,
      );
      return { name: 'ended', loss: { ...loss, detail: why.join(': ') } };
    }
    default:
      return event satisfies never;
  }
}

type Outage = Omit<Extract<RejoinState, { name: 'rejoining' }>, 'name' | 'wait'>;

function goOn(loss: Loss, outage: Outage, policy: RejoinPolicy): RejoinState {
  const { reason } = loss;
  const wait = waitBefore(outage.tries, policy.random());
  if (reason === 'duplicate-identity' && outage.ghosts > 0)
    return { name: 'rejoining', ...outage, wait, ghosts: outage.ghosts - 1 };
  return isTerminal(loss) ? { name: 'ended', loss } : { name: 'rejoining', ...outage, wait };
}

/** A leave without a reason known here, and without a wish to have us back, is an order to go. */
function isTerminal({ reason, error, askedBack = false }: Loss): boolean {
  return !askedBack && (reason === 'other' || !(error instanceof RetryableError));
}

/** The first attempt is made at once; then 100 ms, doubled up to 1 s, less up to a half so that not all come at the same time. */
function waitBefore(tries: number, random: number): number {
  return tries === 0 ? 0 : Math.min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT) * (1 - random / 2);
}

function countsOf({ tries, ghosts }: { tries: number; ghosts: number }): { tries: number; ghosts: number } {
  return { tries, ghosts };
}
