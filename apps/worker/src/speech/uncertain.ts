import type { MessageMode } from '@avatar-bridge/contracts';
import type { Utterance } from '@avatar-bridge/session-store';

/**
 * An utterance, and what the former owner wrote down of it; `at`, epoch ms, is when it got into that state.
 */
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
   * Until when the former owner's vendor session is known to have been open, and so to have spoken what it
   * had been given (epoch ms); undefined when it was found gone: nobody knows since when.
   */
  openUntil?: number | undefined;
  onUncertain: 'replay' | 'skip';
};

/**
 * `said`: heard to its end. `adopt`: the vendor may be saying it still, and what it does will tell. `say`: to
 * be said (again). `skip`: perhaps not heard, and not said again.
 */
export type Verdict = 'said' | 'adopt' | 'say' | 'skip';

/** ms from being given an utterance to the first word at most. */
const lateStart = 1_500;
/** ms after its first word when an utterance has ended for certain, though it took longer than expected. */
const certain = { repeat: (expected: number) => 1.3 * expected + 500, talk: () => 180_000 };

/**
 * Decides what a new owner does about each of the utterances, in order, that its predecessor left behind. One
 * without a record was never given to the vendor. Evidence, strongest first:
 *
 * | recorded              | vendor session                        | heard    | verdict          |
 * |-----------------------|---------------------------------------|----------|------------------|
 * | spoken                | whatever                              | whatever | said             |
 * | skipped               | whatever                              | whatever | skip             |
 * | nothing, or waiting   | whatever                              | whatever | say              |
 * | speaking or submitted | attached                              | yes      | adopt            |
 * | submitting            | attached                              | yes      | adopt            |
 * | any other             | attached: the caller silences it      | no       | by `onUncertain` |
 * | speaking or submitted | open until it had ended for certain   | yes      | said             |
 * | speaking or submitted | closed before that, or gone           | yes      | by `onUncertain` |
 * | submitting            | closed, or gone                       | yes      | by `onUncertain` |
 * | any other             | closed, or gone                       | no       | by `onUncertain` |
 *
 * An answer to `talk` has ended for certain when no answer takes as long. Order is kept: nothing behind an
 * utterance that is said again counts as said or is adopted.
 */
export function settle(line: readonly Inherited[], circumstances: Circumstances): Verdict[] {
  const over = ends(line);
  let again = false;
  return line.map(({ record }, index) => {
    const verdict = again ? 'say' : judge(record, over[index], circumstances);
    again ||= verdict === 'say';
    return verdict;
  });
}

/**
 * When each utterance of which the vendor had taken hold has ended for certain, if nothing stopped it (epoch
 * ms).
 */
function ends(line: readonly Inherited[]): (number | undefined)[] {
  let before = 0;
  return line.map(({ record, mode, expected }) => {
    switch (record?.state) {
      case 'spoken':
        before = record.at;
        return undefined;
      case 'speaking':
      case 'submitted': {
        const begun = record.state === 'speaking' ? record.at : record.at + lateStart;
        before = Math.max(begun, before) + certain[mode](expected);
        return before;
      }
      default:
        return undefined;
    }
  });
}

function judge(
  record: Inherited['record'],
  end: number | undefined,
  { attached, heard, openUntil, onUncertain }: Circumstances,
): Verdict {
  if (record === undefined || record.state === 'waiting') return 'say';
  if (record.state === 'spoken') return 'said';
  if (record.state === 'skipped') return 'skip';
  if (heard && attached) return 'adopt';
  if (heard && end !== undefined && openUntil !== undefined && openUntil >= end) return 'said';
  return onUncertain === 'replay' ? 'say' : 'skip';
}
