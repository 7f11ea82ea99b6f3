import type { SenderReport } from '../inbound/inlet.ts';
import { timestampDelta } from '../../../packets/numbers.ts';
import type { SourceClock } from '../inbound/source-clock.ts';

/** At four samples a second, those of the last seconds: one frame that is late does not count. */
const KEPT = 16;
/** ms without a sample after which the former ones say nothing about now. */
const GAP = 1_000;

/**
 * `ms` from capture, on the source's clock, until sending, on ours: of use only beside another one of the
 * same source.
 */
export type Delay = { clock: SourceClock; ms: number };

/**
 * How long after their capture the packets of one track are sent. When they were captured is known from the
 * source's sender reports (RFC 3550, 6.4.1).
 */
export class CaptureDelay {
  readonly #samples = new Float64Array(KEPT);
  #clock: SourceClock | undefined;
  #taken = 0;
  #lastAt = 0;

  /**
   * A packet with this timestamp of the source was sent at `sentAt`. A sample of the same packet as the last
   * one is none.
   */
  sample(
    source: { clock: SourceClock; clockRate: number; report: SenderReport | undefined },
    timestamp: number,
    sentAt: number,
  ): void {
    const { clock, clockRate, report } = source;
    if (report === undefined || (this.#taken > 0 && sentAt === this.#lastAt)) return;
    if (clock !== this.#clock || sentAt - this.#lastAt > GAP) this.reset();
    const capturedAt = report.ntp + (timestampDelta(timestamp, report.timestamp) * 1000) / clockRate;
    this.#samples[this.#taken++ % KEPT] = sentAt - capturedAt;
    this.#clock = clock;
    this.#lastAt = sentAt;
  }

  /** The timestamps to come have no relation to those before. */
  reset(): void {
    this.#taken = 0;
  }

  /** The median of the last samples; `undefined` before the first. */
  get median(): Delay | undefined {
    const count = Math.min(this.#taken, KEPT);
    if (count === 0 || this.#clock === undefined) return undefined;
    const sorted = this.#samples.slice(0, count).toSorted();
    return { clock: this.#clock, ms: sorted[Math.floor(count / 2)]! };
  }
}

/**
 * ms that the voice is sent later than the picture that was captured with it; `undefined` unless both are of
 * one source.
 */
export function skewOf(voice: Delay | undefined, picture: Delay | undefined): number | undefined {
  if (voice === undefined || picture === undefined || voice.clock !== picture.clock) return undefined;
  return Math.round(voice.ms - picture.ms);
}
