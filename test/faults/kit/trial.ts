import { setTimeout as sleep } from 'node:timers/promises';
import { Cast, type CastOptions } from './cast.ts';
import type { Finding, Ledger } from './ledger.ts';
import { now } from './now.ts';
import { Measures, type Measure } from './measures.ts';
import { FaultStack, type StackOptions } from './stack.ts';

export type Outcome = {
  measures: Measure[];
  ledger: Ledger & { leakedVendorSessions: number; leakedRooms: number };
  findings: Finding[];
  settled: boolean;
  passed: boolean;
};
export type TrialOptions = { stack: StackOptions; cast: CastOptions; say: (line: string) => void };

type Seam = {
  /**
   * How long until words were begun after the fault (`from`), for each session; the bound's own when none
   * were.
   */
  nextWordsMs: number[];
  /** The same, without what was being said at that moment and went on. */
  silenceMs: number[];
  videoGapMs: number[];
  audioGapMs: number[];
  /** By the pictures' own clock. */
  frameGapMs: number[];
  vendorSessionsOpened: number;
  vendorSessionsClosed: number;
  /** Utterances that were silenced or lost before their end. */
  cut: number;
};

/** ms after which words that have not come are not waited for any longer. */
const givenUpMs = 60_000;

/** Sessions that speak while something is done to them, and the accounts afterwards. */
export class Trial {
  readonly stack: FaultStack;
  readonly cast: Cast;
  readonly say: (line: string) => void;
  readonly measures = new Measures();

  private constructor(stack: FaultStack, cast: Cast, say: (line: string) => void) {
    this.stack = stack;
    this.cast = cast;
    this.say = say;
  }

  /** That no vendor session was opened or closed, and nothing that was being said was cut off. */
  noteUntouched(seam: Seam): void {
    this.measures.note('vendor sessions opened', '', [seam.vendorSessionsOpened], { max: 0 });
    this.measures.note('vendor sessions closed', '', [seam.vendorSessionsClosed], { max: 0 });
    this.measures.note('utterances cut', '', [seam.cut], { max: 0 });
  }

  /** Sets the scene, lets `act` do harm, waits until all is said, and settles the accounts. */
  static async run(options: TrialOptions, act: (trial: Trial) => Promise<void>): Promise<Outcome> {
    await using stack = await FaultStack.start(options.stack);
    const cast = await Cast.open(stack, options.cast);
    try {
      const trial = new Trial(stack, cast, options.say);
      await cast.talk();
      await act(trial);
      const settled = await cast.settle();
      const { ledger, findings } = await cast.ledger();
      const leaks = await cast.end();
      return judge({ measures: trial.measures.list(), ledger: { ...ledger, ...leaks }, findings, settled });
    } finally {
      await cast.leave();
    }
  }

  /**
   * What a fault at `from` did: waits for every session's next words after `wordsFrom`, and a moment more.
   */
  async seam(from: number, wordsFrom = from): Promise<Seam> {
    const { cast, stack } = this;
    const words = await Promise.all(
      cast.chatbots.map(async ({ session }) => {
        const at = await cast.wordsAfter(session, wordsFrom, givenUpMs);
        return at === undefined ? givenUpMs : at - wordsFrom;
      }),
    );
    const silences = await Promise.all(
      cast.chatbots.map(async ({ session }, index) => {
        const saidUntil = await cast.saidUntil(session, wordsFrom + (words[index] ?? 0));
        return Math.max(0, wordsFrom + (words[index] ?? 0) - Math.max(wordsFrom, saidUntil));
      }),
    );
    await sleep(1_000);
    const until = now();
    const gaps = [...cast.watches.values()].map((watch) => watch.longest(from, until));
    const sessions = await stack.vendor.sessions();
    const within = (at: number | undefined): boolean => at !== undefined && at >= from && at <= until;
    const seam = {
      nextWordsMs: words,
      silenceMs: silences,
      videoGapMs: gaps.map(({ videoMs }) => videoMs),
      audioGapMs: gaps.map(({ audioMs }) => audioMs),
      frameGapMs: gaps.map(({ frameGapMs }) => frameGapMs),
      vendorSessionsOpened: sessions.filter(({ openedAt }) => within(openedAt)).length,
      vendorSessionsClosed: sessions.filter(({ closedAt }) => within(closedAt)).length,
      cut: sessions.flatMap(({ tasks }) => tasks).filter(({ interruptedAt }) => within(interruptedAt)).length,
    };
    const longest = (values: number[]): string => `${Math.round(Math.max(0, ...values))} ms`;
    this.say(
      `since ${new Date(from).toISOString().slice(11, 23)}: next words ${longest(words)}, picture ${longest(seam.videoGapMs)}, voice ${longest(seam.audioGapMs)}, ` +
        `vendor sessions +${seam.vendorSessionsOpened} -${seam.vendorSessionsClosed}, cut ${seam.cut}`,
    );
    return seam;
  }
}

/** Whether all is accounted for, and all measures are within their bounds. */
export function judge(outcome: Omit<Outcome, 'passed'>): Outcome {
  const { lost, doubled, swapped, leakedRooms, leakedVendorSessions } = outcome.ledger;
  const clean = lost + doubled + swapped + leakedRooms + leakedVendorSessions === 0;
  return { ...outcome, passed: outcome.settled && clean && outcome.measures.every(({ ok }) => ok) };
}
