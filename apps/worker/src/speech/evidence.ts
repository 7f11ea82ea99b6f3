import type { MessageMode } from '@avatar-bridge/contracts';

/**
 * What the vendor's LiveKit server says of the avatar's voice: the newest stretch of being an active speaker.
 * Epoch ms.
 */
export type Voice = { from: number; to: number | undefined };

/**
 * What a relay that outlived its worker has heard, since when (epoch ms). A voice ends when it told of it.
 */
export type Overheard = { since: number; voice: Voice | undefined };

/** The utterance first in the vendor's line. Times are epoch ms. */
export type FrontUtterance = {
  mode: MessageMode;
  /** How long it should take to say, ms; nothing is known of an answer to `talk`. */
  expected: number;
  /** Since when nothing is before it. */
  frontSince: number;
  /** Since when somebody listens: what another owner gave to the vendor before may be over already. */
  listeningSince: number;
  /** Since when it is spoken, as far as is known. */
  speakingSince: number | undefined;
};

export type Judgement =
  /** Nothing to conclude before `until`, unless there is news. */
  | { verdict: 'wait'; until: number }
  | { verdict: 'started'; at: number }
  | { verdict: 'ended'; at: number }
  /** No sign of it within the bound: the vendor session does not speak. */
  | { verdict: 'silent' };

/** ms. How long a vendor's event may come after what the voice says. */
const eventGrace = 1_000;
/** ms of silence that end an utterance: longer than people pause between sentences. */
const quiet = { repeat: 1_500, talk: 3_000 };
/** ms of silence that end an utterance which had the time to be said before anybody listened. */
const quietAfterIts = { repeat: 700, talk: 3_000 };
/**
 * ms after which the avatar has usually begun, and the part of its length that an utterance takes at least.
 */
const usual = { start: 1_500, part: 0.6 };
/** ms within which the avatar must begin. An answer has to be thought of first. */
const startBound = { repeat: 8_000, talk: 25_000 };
/** ms that an answer may take when the voice tells nothing. */
const answerDuration = 30_000;
/** ms after which even a voice that goes on is taken for the next utterance's, or for noise. */
const longest = { repeat: (expected: number) => 3 * expected + 20_000, talk: () => 180_000 };

/** The utterance whose submission has no answer. */
export type UnansweredUtterance = {
  mode: MessageMode;
  submittedAt: number;
  /** Since when nothing is before it; undefined when something is. */
  frontSince: number | undefined;
  listeningSince: number;
  /** The answer is still on its way. */
  pending: boolean;
  /** A task that began since and that nobody knows. */
  unknownTask: string | undefined;
};

export type UnansweredJudgement =
  | { verdict: 'wait'; until: number }
  /** The vendor has it, by this name if it was told. */
  | { verdict: 'adopted'; taskId: string | undefined }
  /** The vendor does not have it. */
  | { verdict: 'missed' };

/** ms after which a task that nobody knows is taken for the one whose submission got no answer. */
const adoptAfter = 1_000;
/**
 * ms that a submission without an answer may stay without a sign of being spoken, once nothing is before it.
 */
const signBound = { repeat: 2_500, talk: 10_000 };

/**
 * Judges whether the vendor has an utterance that it did not say it took: by a task that nobody knows and
 * that began since, else by a voice that is nobody else's.
 */
export function judgeUnanswered(
  { mode, submittedAt, frontSince, listeningSince, pending, unknownTask }: UnansweredUtterance,
  voice: Voice | undefined,
  now: number,
): UnansweredJudgement {
  const from = Math.max(submittedAt, listeningSince);
  if (now < from + adoptAfter) return { verdict: 'wait', until: from + adoptAfter };
  if (unknownTask !== undefined) return { verdict: 'adopted', taskId: unknownTask };
  if (frontSince === undefined || pending) return { verdict: 'wait', until: Number.POSITIVE_INFINITY };
  const alone = Math.max(frontSince, from);
  const believed = voice && believedFrom(voice, alone);
  if (believed !== undefined)
    return now >= believed ? { verdict: 'adopted', taskId: undefined } : { verdict: 'wait', until: believed };
  const bound = alone + signBound[mode];
  return now >= bound ? { verdict: 'missed' } : { verdict: 'wait', until: bound };
}

/**
 * Judges, where the vendor's own events are missing, whether the utterance first in line has begun or ended:
 * by the voice, else by the clock. The vendor's events come first: this waits long enough for them.
 */
export function judge(front: FrontUtterance, voice: Voice | undefined, now: number): Judgement {
  return front.speakingSince === undefined
    ? judgeStart(front, voice, now)
    : judgeEnd(front, front.speakingSince, voice, now);
}

/**
 * From when on a voice proves that what is alone in line since `alone` has begun; undefined when it does not.
 * A voice that was there before may still be the one of the utterance before.
 */
function believedFrom({ from, to }: Voice, alone: number): number | undefined {
  if (from >= alone) return from + eventGrace;
  const believed = alone + 2 * eventGrace;
  return to === undefined || to >= believed ? believed : undefined;
}

function judgeStart(front: FrontUtterance, voice: Voice | undefined, now: number): Judgement {
  const { expected, frontSince, listeningSince, mode } = front;
  const bound = Math.max(frontSince, listeningSince) + startBound[mode];
  const believed = voice && believedFrom(voice, frontSince);
  if (voice && believed !== undefined) {
    const at = Math.max(voice.from, frontSince);
    return now >= believed ? { verdict: 'started', at } : { verdict: 'wait', until: believed };
  }
  // nobody listened when it had the time to be said
  if (mode === 'repeat' && listeningSince - frontSince >= usual.part * expected) {
    const believed = Math.max(frontSince + usual.start, listeningSince) + quiet.repeat;
    const at = Math.min(frontSince + expected, listeningSince);
    return now >= believed ? { verdict: 'ended', at } : { verdict: 'wait', until: believed };
  }
  return now >= bound ? { verdict: 'silent' } : { verdict: 'wait', until: bound };
}

function judgeEnd(front: FrontUtterance, since: number, voice: Voice | undefined, now: number): Judgement {
  const expected = front.mode === 'talk' ? answerDuration : front.expected;
  const heard = voice && (voice.to === undefined || voice.to > since);
  if (!heard && since < front.listeningSince) {
    // it would be heard if it went on
    const hadItsTime = since + expected <= front.listeningSince;
    const believed = front.listeningSince + (hadItsTime ? quietAfterIts : quiet)[front.mode];
    const at = Math.min(since + expected, front.listeningSince);
    return now >= believed ? { verdict: 'ended', at } : { verdict: 'wait', until: believed };
  }
  if (!heard) return endAt(since + 1.5 * expected + 3_000, now);
  if (voice.to === undefined) return endAt(since + longest[front.mode](expected), now);
  // a pause early in the utterance is a pause
  const earliest = front.mode === 'talk' ? since : since + 0.6 * expected;
  const deadline = Math.max(voice.to + quiet[front.mode], earliest + quiet[front.mode]);
  return now >= deadline ? { verdict: 'ended', at: voice.to } : { verdict: 'wait', until: deadline };
}

function endAt(deadline: number, now: number): Judgement {
  return now >= deadline ? { verdict: 'ended', at: now } : { verdict: 'wait', until: deadline };
}
