import type { Piece } from './speech.ts';

/** One try to give the vendor an utterance. `inherited`: it was a former owner's. */
export type Attempt = { readonly piece: Piece; readonly at: number; readonly inherited?: true };

/**
 * What is on its way to the vendor. One utterance at a time is, so that their order is kept, and none while
 * the avatar is being silenced.
 *
 *     idle --submit--> handing --its answer--> idle
 *       ^                 +------no answer---> unanswered --what the avatar does--> idle
 *       |
 *       +--told--- silencing <--an interrupt, whatever the state
 *       |              | told, but the answer of what was on its way is still to come
 *       +--refused- overtaken --taken after all, or no answer within a bound--> silencing
 *
 * `tries` counts how often the vendor did not take an utterance since it last took one; nothing is handed
 * over before `notBefore`.
 */
export type Submission = { tries: number; notBefore: number } & (
  | { name: 'idle' }
  /** The vendor is being given it. */
  | { name: 'handing'; attempt: Attempt }
  /** The vendor may have it: its answer was lost, and what the avatar does will tell. */
  | { name: 'unanswered'; attempt: Attempt }
  /**
   * The vendor is being told to be silent, by so many `calls`. Of `overtaken`, which nobody wants any more,
   * the answer is missing.
   */
  | { name: 'silencing'; calls: number; overtaken: Attempt | undefined }
  /** The vendor was told to be silent, but may take this after it, until `until` (epoch ms). */
  | { name: 'overtaken'; attempt: Attempt; until: number }
);

export type SubmissionEvent =
  | { type: 'submit'; attempt: Attempt }
  /** A former owner's, of which nobody knows whether the vendor took it. */
  | { type: 'inherit'; attempt: Attempt }
  /** The vendor has it. */
  | { type: 'taken'; attempt: Attempt; taskId: string; at: number }
  /** The vendor did not take it. */
  | { type: 'refused'; attempt: Attempt; at: number; retryAfter: number | undefined }
  /** It was not given to the vendor, which is not the vendor's fault. */
  | { type: 'postponed'; attempt: Attempt; notBefore: number }
  /** The vendor may or may not have taken it. */
  | { type: 'doubtful'; attempt: Attempt; at: number; retryAfter: number | undefined }
  /** What the avatar does says that the vendor has it, */
  | { type: 'adopted' }
  /** or that it has not. */
  | { type: 'missed' }
  /** Somebody wants the avatar to be silent. */
  | { type: 'silence' }
  /** One of the calls was answered. */
  | { type: 'silenced'; at: number }
  /** Time has passed. */
  | { type: 'look'; at: number }
  /** The vendor session is gone. */
  | { type: 'lost' };

/** ms that the answer of an overtaken submission holds up all others. */
export const overtakenBound = 5_000;

const maxTries = 6;

export const idle: Submission = { name: 'idle', tries: 0, notBefore: 0 };

/** The state after an event; the same object when the event means nothing now. */
export function next(state: Submission, event: SubmissionEvent): Submission {
  const { tries, notBefore } = state;
  switch (event.type) {
    case 'submit':
      return state.name === 'idle' ? { name: 'handing', attempt: event.attempt, tries, notBefore } : state;
    case 'inherit':
      return state.name === 'idle' ? { name: 'unanswered', attempt: event.attempt, tries, notBefore } : state;
    case 'taken':
      return isWanted(state, event.attempt) ? idle : silence(state, event.attempt);
    case 'doubtful':
      if (isWanted(state, event.attempt))
        return { name: 'unanswered', attempt: event.attempt, ...counted(state, event) };
      return overtakenOf(state) === event.attempt ? silence(state, event.attempt) : state;
    case 'refused':
      if (isWanted(state, event.attempt)) return { name: 'idle', ...counted(state, event) };
      return forget(state, event.attempt);
    case 'postponed':
      if (isWanted(state, event.attempt)) return { name: 'idle', tries, notBefore: event.notBefore };
      return forget(state, event.attempt);
    case 'adopted':
      return state.name === 'handing' || state.name === 'unanswered' ? idle : state;
    case 'missed':
      return state.name === 'unanswered' ? silence(state) : state;
    case 'silence':
      return silence(state);
    case 'silenced':
      return state.name === 'silencing' ? silenced(state, event.at) : state;
    case 'look':
      return state.name === 'overtaken' && event.at >= state.until ? silence(state, state.attempt) : state;
    case 'lost':
      return idle;
  }
}

/** The utterance that is on its way and wanted. */
export function attemptOf(state: Submission): Attempt | undefined {
  return state.name === 'handing' || state.name === 'unanswered' ? state.attempt : undefined;
}

/** Whether utterances were refused too often for the vendor session to be of any use. */
export function isExhausted({ tries }: Submission): boolean {
  return tries >= maxTries;
}

/** How many calls are telling the vendor to be silent. */
export function callsOf(state: Submission): number {
  return state.name === 'silencing' ? state.calls : 0;
}

function isWanted(state: Submission, attempt: Attempt): boolean {
  return attemptOf(state) === attempt;
}

/** What nobody wants any more and still lacks its answer. */
export function overtakenOf(state: Submission): Attempt | undefined {
  if (state.name === 'overtaken') return state.attempt;
  return state.name === 'silencing' ? state.overtaken : undefined;
}

/** Another call that tells the vendor to be silent; `answered` is what needs no waiting for. */
function silence(state: Submission, answered?: Attempt): Submission {
  const { tries, notBefore } = state;
  const open = state.name === 'handing' ? state.attempt : overtakenOf(state);
  const calls = state.name === 'silencing' ? state.calls + 1 : 1;
  return { name: 'silencing', calls, overtaken: open === answered ? undefined : open, tries, notBefore };
}

function silenced(state: Extract<Submission, { name: 'silencing' }>, at: number): Submission {
  const { calls, overtaken, tries, notBefore } = state;
  if (calls > 1) return { ...state, calls: calls - 1 };
  return overtaken
    ? { name: 'overtaken', attempt: overtaken, until: at + overtakenBound, tries, notBefore }
    : { name: 'idle', tries, notBefore };
}

/** The vendor will not say it: nothing has to be done about it. */
function forget(state: Submission, attempt: Attempt): Submission {
  if (overtakenOf(state) !== attempt) return state;
  const { tries, notBefore } = state;
  return state.name === 'silencing' ? { ...state, overtaken: undefined } : { name: 'idle', tries, notBefore };
}

function counted(
  state: Submission,
  { at, retryAfter }: { at: number; retryAfter: number | undefined },
): { tries: number; notBefore: number } {
  const tries = state.tries + 1;
  return { tries, notBefore: at + (retryAfter ?? 100 * 2 ** tries) };
}
