import type { MessageMode } from '@avatar-bridge/contracts';
import type { Utterance } from '@avatar-bridge/session-store';

/** An utterance, and what the former owner wrote down of it; `at`, epoch ms, is when it got into that state. */
export type Inherited = {
  record: Pick<Utterance, 'state' | 'at'> | undefined;
  /** How long an answer to `talk` takes nobody knows. */
  mode: MessageMode;
  /** How long it should take to say, ms: right within some 30 %. */
  expected: number;
};

export type Circumstances = {
  /** This owner goes on with the former one's vendor session, which may be saying it still. */
  attached: boolean;
  /** The relay outlived its worker: the stage heard what the avatar said meanwhile. */
  heard: boolean;
  /**
   * Until when the former owner's vendor session is known to have been open, and so to have spoken what it had been given (epoch ms);
   * undefined when it was found gone: nobody knows since when.
   */
  openUntil?: number | undefined;
  onUncertain: 'replay' | 'skip';
};

/**
 * `said`: heard to its end. `adopt`: the vendor may be saying it still, and what it does will tell. `say`: to be said (again).
 * `skip`: perhaps not heard, and not said again.
 */
export type Verdict = 'said' | 'adopt' | 'say' | 'skip';

/** ms from being given an utterance to the first word: usually, and at most. */
const start = { usual: 500, late: 1_500 };
/** ms after its first word when an utterance has ended for certain, though it took longer than expected. */
const certain = { repeat: (expected: number) => 1.3 * expected + 500, talk: () => 180_000 };
/** ms that it is worth to wait for the certain end; and ms before the expected end from which on it is always worth it. */
const patience = { certain: 2_500, expected: 1_000 };

/**
 * Decides what a new owner does about each of the utterances, in order, that its predecessor left behind. One without a record was never
 * given to the vendor. Evidence, strongest first:
 *
 * | recorded              | vendor session                        | heard    | verdict          |
 * |-----------------------|---------------------------------------|----------|------------------|
 * | spoken                | whatever                              | whatever | said             |
 * | nothing, or waiting   | whatever                              | whatever | say              |
 * | speaking or submitted | attached                              | yes      | adopt            |
 * | submitting            | attached                              | yes      | adopt            |
 * | any other             | attached: the caller silences it      | no       | by `onUncertain` |
 * | speaking or submitted | open until it had ended for certain   | yes      | said             |
 * | speaking or submitted | closed before that, or gone           | yes      | by `onUncertain` |
 * | submitting            | closed, or gone                       | yes      | by `onUncertain` |
 * | any other             | closed, or gone                       | no       | by `onUncertain` |
 *
 * An answer to `talk` has ended for certain when no answer takes as long. Order is kept: nothing behind an utterance that is said again
 * counts as said or is adopted.
 */
export function settle(line: readonly Inherited[], circumstances: Circumstances): Verdict[] {
  const ends = timeline(line);
  let again = false;
  return line.map(({ record }, index) => {
    const verdict = again ? 'say' : judge(record, ends[index], circumstances);
    again ||= verdict === 'say';
    return verdict;
  });
}

/**
 * Until when a former owner's vendor session is worth to be left open, so that it can end what it is saying, heard through the relay that
 * outlived its worker (epoch ms). `now` when it is not: what has long to go is better cut off and said again.
 */
export function worthWaiting(line: readonly Inherited[], now: number): number {
  let until = now;
  for (const end of timeline(line)) {
    if (!end) continue;
    const close = end.certain - until <= patience.certain || end.expected - until <= patience.expected;
    if (!close) break;
    until = Math.max(until, end.certain);
  }
  return until;
}

type End = { expected: number; certain: number };

/** When each utterance of which the vendor had taken hold comes to its end, if nothing stops it. */
function timeline(line: readonly Inherited[]): (End | undefined)[] {
  let before: End = { expected: 0, certain: 0 };
  return line.map(({ record, mode, expected }) => {
    if (record === undefined || record.state === 'submitting' || record.state === 'waiting') return undefined;
    if (record.state === 'spoken') {
      before = { expected: record.at, certain: record.at };
      return undefined;
    }
    const { at } = record;
    const from =
      record.state === 'speaking'
        ? { usual: at, late: at }
        : { usual: at + start.usual, late: at + start.late };
    before = {
      expected: Math.max(from.usual, before.expected) + expected,
      certain: Math.max(from.late, before.certain) + certain[mode](expected),
    };
    return before;
  });
}

function judge(
  record: Inherited['record'],
  end: End | undefined,
  { attached, heard, openUntil, onUncertain }: Circumstances,
): Verdict {
  if (record === undefined || record.state === 'waiting') return 'say';
  if (record.state === 'spoken') return 'said';
  if (heard && attached) return 'adopt';
  if (heard && end && openUntil !== undefined && openUntil >= end.certain) return 'said';
  return onUncertain === 'replay' ? 'say' : 'skip';
}
