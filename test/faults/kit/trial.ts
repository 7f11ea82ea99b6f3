import { setTimeout as sleep } from 'node:timers/promises';
import { Cast, type CastOptions } from './cast.ts';
import type { Finding, Ledger } from './ledger.ts';
import { now } from './now.ts';
import { type Spread, spread } from './spread.ts';
import { FaultStack, type StackOptions } from './stack.ts';

export type Bound = { p95?: number; max?: number };
export type Measure = { what: string; unit: 'ms' | ''; spread: Spread; bound: Bound; ok: boolean };
export type Outcome = {
  measures: Measure[];
  ledger: Ledger & { leakedVendorSessions: number; leakedRooms: number };
  findings: Finding[];
  settled: boolean;
  passed: boolean;
};
export type TrialOptions = { stack: StackOptions; cast: CastOptions; say: (line: string) => void };

type Seam = {
  /** How long until words were begun after the fault (`from`), for each session; the bound's own when none were. */
  nextWordsMs: number[];
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
  readonly #values = new Map<string, { unit: 'ms' | ''; values: number[]; bound: Bound }>();

  private constructor(stack: FaultStack, cast: Cast, say: (line: string) => void) {
    this.stack = stack;
    this.cast = cast;
    this.say = say;
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
      return trial.#outcome({ ledger: { ...ledger, ...leaks }, findings, settled });
    } finally {
      await cast.leave();
    }
  }

  note(what: string, unit: 'ms' | '', values: number[], bound: Bound = {}): void {
    const noted = this.#values.get(what) ?? { unit, values: [], bound };
    noted.values.push(...values);
    this.#values.set(what, noted);
  }

  /** What a fault at `from` did: waits for every session's next words after `wordsFrom`, and a moment more. */
  async seam(from: number, wordsFrom = from): Promise<Seam> {
    const { cast, stack } = this;
    const words = await Promise.all(
      cast.chatbots.map(async ({ session }) => {
        const at = await cast.wordsAfter(session, wordsFrom, givenUpMs);
        return at === undefined ? givenUpMs : at - wordsFrom;
      }),
    );
    await sleep(1_000);
    const until = now();
    const gaps = [...cast.watches.values()].map((watch) => watch.longest(from, until));
    const sessions = await stack.vendor.sessions();
    const within = (at: number | undefined): boolean => at !== undefined && at >= from && at <= until;
    const seam = {
      nextWordsMs: words,
      videoGapMs: gaps.map(({ videoMs }) => videoMs),
      audioGapMs: gaps.map(({ audioMs }) => audioMs),
      frameGapMs: gaps.map(({ frameGapMs }) => frameGapMs),
      vendorSessionsOpened: sessions.filter(({ openedAt }) => within(openedAt)).length,
      vendorSessionsClosed: sessions.filter(({ closedAt }) => within(closedAt)).length,
      cut: sessions.flatMap(({ tasks }) => tasks).filter(({ interruptedAt }) => within(interruptedAt)).length,
    };
    const longest = (values: number[]): string => `${Math.round(Math.max(0, ...values))} ms`;
    this.say(
      `next words ${longest(words)}, picture ${longest(seam.videoGapMs)}, voice ${longest(seam.audioGapMs)}, ` +
        `vendor sessions +${seam.vendorSessionsOpened} -${seam.vendorSessionsClosed}, cut ${seam.cut}`,
    );
    return seam;
  }

  #outcome(accounts: Omit<Outcome, 'measures' | 'passed'>): Outcome {
    const measures = [...this.#values].map(([what, { unit, values, bound }]) => {
      const { p50, p95, max, count } = spread(values);
      const ok =
        count > 0 &&
        p95 <= (bound.p95 ?? Number.POSITIVE_INFINITY) &&
        max <= (bound.max ?? Number.POSITIVE_INFINITY);
      return { what, unit, spread: { p50, p95, max, count }, bound, ok };
    });
    const { lost, doubled, swapped, leakedRooms, leakedVendorSessions } = accounts.ledger;
    const clean = lost + doubled + swapped + leakedRooms + leakedVendorSessions === 0;
    return { ...accounts, measures, passed: accounts.settled && clean && measures.every(({ ok }) => ok) };
  }
}
