import type { MessageMode } from '@avatar-bridge/contracts';

/** What the vendor's LiveKit server says of the avatar's voice: the newest stretch of being an active speaker. Epoch ms. */
export type Voice = { from: number; to: number | undefined };

/** The utterance first in the vendor's line. Times are epoch ms. */
export type FrontUtterance = {
  mode: MessageMode;
  /** How long it should take to say, ms; nothing is known of an answer to `talk`. */
  expected: number;
  /** Since when nothing is before it. */
  frontSince: number;
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
/** ms within which the avatar must begin. An answer has to be thought of first. */
const startBound = { repeat: 8_000, talk: 25_000 };
/** ms that an answer may take when the voice tells nothing. */
const answerDuration = 30_000;
/** ms after which even a voice that goes on is taken for the next utterance's, or for noise. */
const longest = { repeat: (expected: number) => 3 * expected + 20_000, talk: () => 180_000 };

/**
 * Judges, where the vendor's own events are missing, whether the utterance first in line has begun or ended: by the voice, else by
 * the clock. The vendor's events come first: this waits long enough for them.
 */
export function judge(front: FrontUtterance, voice: Voice | undefined, now: number): Judgement {
  return front.speakingSince === undefined
    ? judgeStart(front, voice, now)
    : judgeEnd(front, front.speakingSince, voice, now);
}

function judgeStart(front: FrontUtterance, voice: Voice | undefined, now: number): Judgement {
  const bound = front.frontSince + startBound[front.mode];
  // a voice that was there before may still be the one of the utterance before
  const heardSince =
    voice && (voice.to === undefined || voice.to > front.frontSince)
      ? Math.max(voice.from, front.frontSince)
      : undefined;
  if (heardSince !== undefined && voice) {
    const carriedOver = voice.from < front.frontSince;
    const believed = heardSince + (carriedOver ? 2 * eventGrace : eventGrace);
    const stillHeard = voice.to === undefined || voice.to >= believed || !carriedOver;
    if (stillHeard && now >= believed) return { verdict: 'started', at: heardSince };
    if (stillHeard) return { verdict: 'wait', until: believed };
  }
  return now >= bound ? { verdict: 'silent' } : { verdict: 'wait', until: bound };
}

function judgeEnd(front: FrontUtterance, since: number, voice: Voice | undefined, now: number): Judgement {
  const expected = front.mode === 'talk' ? answerDuration : front.expected;
  const heard = voice && (voice.to === undefined || voice.to > since);
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
