import { setTimeout as delay } from 'node:timers/promises';
import type { RelayStats } from '../../packages/relay/src/index.ts';
import type { Look } from './browser.ts';
import type { Codec, Stage } from './scene.ts';
import { WINDOW } from './settings.ts';

/** What the viewers of one stage saw within 10 s. */
export type Window = {
  fps: number;
  freezes: number;
  framesDropped: number;
  packetsLost: number;
  /** ms that frames waited in Chromium, on average. */
  jitterBufferMs: number;
  /** By how many ms Chromium played the voice later than the picture: the median. NaN: it did not say. */
  skewMs: number;
  rtcFps: number;
  /** The loudest tenth of a second that rtc-node decoded, as the root mean square of 16-bit samples. */
  rtcLoudest: number;
};

/** Times in ms but where named. */
export type Seen = {
  codec: Codec;
  seconds: number;
  chromium: {
    fps: { mean: number; min: number };
    freezes: number;
    freezeSeconds: number;
    framesDropped: number;
    packetsLost: number;
    jitterBufferMs: number;
    /** Voice later than picture is positive. `start`: of the first 10 s that begin 15 s after the first picture, or of the last there are. */
    skewMs: { start: number; end: number; perMinute: number };
  };
  rtcNode: { fps: { mean: number; min: number }; silentWindows: number };
  relay: { lost: number; repaired: number; resent: number; stageLost: number };
};

/** Chromium needs time to bring the two together after the start: skew before that does not count. */
const SETTLING = 15_000;
/** Readings, one a second. */
const ENOUGH_FOR_SLOPE = 30;
/** Below is silence: the voice is at some thousands. */
const AUDIBLE = 300;

/** Watches one stage from its making on. */
export class Watch {
  readonly stage: Stage;
  readonly #first: Look;
  readonly #windows: Window[] = [];
  readonly #skews: { at: number; ms: number }[] = [];
  #last: Look;
  #rtcSince = Date.now();

  static async begin(stage: Stage): Promise<Watch> {
    return new Watch(stage, await stage.look());
  }

  private constructor(stage: Stage, first: Look) {
    this.stage = stage;
    this.#first = first;
    this.#last = first;
  }

  /** Closes a window. */
  async next(): Promise<Window> {
    const before = this.#last;
    const look = await this.stage.look();
    if (look.ended !== null)
      throw new Error(`${this.stage.codec}: Chromium is out of the room: ${look.ended}`);
    const now = Date.now();
    const skews = this.#skewsOf(look);
    const { rtc } = this.stage;
    const window: Window = {
      fps: ((look.framesDecoded - before.framesDecoded) * 1000) / (look.at - before.at),
      freezes: look.freezeCount - before.freezeCount,
      framesDropped: look.framesDropped - before.framesDropped,
      packetsLost: look.packetsLost - before.packetsLost,
      jitterBufferMs:
        ((look.jitterBufferDelay - before.jitterBufferDelay) * 1000) /
        (look.jitterBufferEmittedCount - before.jitterBufferEmittedCount),
      skewMs: median(skews.map(({ ms }) => ms)),
      rtcFps: rtc.framesPerSecond(this.#rtcSince, now),
      rtcLoudest: rtc.loudest(this.#rtcSince, now),
    };
    this.#last = look;
    this.#rtcSince = now;
    this.#skews.push(...skews);
    this.#windows.push(window);
    return window;
  }

  /**
   * How much longer the voice is on its way than the picture, from its capture by the sender's clock. Chromium's own `estimatedPlayoutTimestamp`
   * needs the round trip time, which one who only watches does not have.
   */
  #skewsOf({ played }: Look): { at: number; ms: number }[] {
    const { clock } = this.stage;
    const skews = played.map(({ at, video, audio }) => {
      const picture = video.at - clock.capturedAt('video', video.timestamp);
      return { at, ms: audio.at - clock.capturedAt('audio', audio.timestamp) - picture };
    });
    return skews.filter(({ ms }) => !Number.isNaN(ms));
  }

  result({ video, audio }: RelayStats): Seen {
    const [first, last, windows] = [this.#first, this.#last, this.#windows];
    const settled = this.#skews.filter(({ at }) => at >= first.at + SETTLING);
    const between = (from: number, to: number): number =>
      median(this.#skews.filter(({ at }) => at >= from && at < to).map(({ ms }) => ms));
    const start = Math.min(first.at + SETTLING, last.at - WINDOW * 1000);
    const sum = (count: (track: NonNullable<typeof video>) => number): number =>
      [video, audio].reduce((total, track) => total + (track === undefined ? 0 : count(track)), 0);
    return {
      codec: this.stage.codec,
      seconds: Math.round((last.at - first.at) / 1000),
      chromium: {
        fps: summary(windows.map(({ fps }) => fps)),
        freezes: last.freezeCount - first.freezeCount,
        freezeSeconds: round(last.totalFreezesDuration - first.totalFreezesDuration, 3),
        framesDropped: last.framesDropped - first.framesDropped,
        packetsLost: last.packetsLost - first.packetsLost,
        jitterBufferMs: round(mean(windows.map(({ jitterBufferMs }) => jitterBufferMs))),
        skewMs: {
          start: round(between(start, start + WINDOW * 1000)),
          end: round(between(last.at - WINDOW * 1000, last.at)),
          perMinute: round(slope(settled.map(({ at, ms }) => ({ x: at / 60_000, y: ms }))), 2),
        },
      },
      rtcNode: {
        fps: summary(windows.map(({ rtcFps }) => rtcFps)),
        silentWindows: windows.filter(({ rtcLoudest }) => rtcLoudest < AUDIBLE).length,
      },
      relay: {
        lost: sum(({ lost }) => lost),
        repaired: sum(({ repaired }) => repaired),
        resent: sum(({ resent }) => resent),
        stageLost: sum(({ stageLost }) => stageLost),
      },
    };
  }
}

/** `onWindow` hears of every window of all stages. Ends early when the signal aborts, without a result when no window was over. */
export async function watchAll(
  stages: readonly Stage[],
  options: {
    windows: number;
    signal: AbortSignal;
    onWindow(second: number, seen: readonly (Window & { codec: Codec })[]): void;
  },
): Promise<Seen[]> {
  const watches = await Promise.all(stages.map((stage) => Watch.begin(stage)));
  const begunAt = performance.now();
  for (let number = 1; number <= options.windows && !options.signal.aborted; number++) {
    const left = begunAt + number * WINDOW * 1000 - performance.now();
    await delay(Math.max(0, left), undefined, { signal: options.signal }).catch(() => {});
    if (options.signal.aborted) break;
    const seen = await Promise.all(
      watches.map(async (watch) => ({ codec: watch.stage.codec, ...(await watch.next()) })),
    );
    options.onWindow(number * WINDOW, seen);
  }
  if (performance.now() - begunAt < WINDOW * 1000) return [];
  return Promise.all(watches.map(async (watch) => watch.result(await watch.stage.stats())));
}

function summary(values: readonly number[]): { mean: number; min: number } {
  return { mean: round(mean(values)), min: round(Math.min(...values)) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Of the straight line through the points, by least squares. NaN: too few. */
function slope(points: readonly { x: number; y: number }[]): number {
  if (points.length < ENOUGH_FOR_SLOPE) return Number.NaN;
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
  const spread = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / spread;
}

function round(value: number, digits = 1): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
