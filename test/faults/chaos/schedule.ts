import type { InterruptKind } from '../kit/chatbot.ts';
import { Random } from '../../../packages/livekit-rtp/test/fuzz/random.ts';

/**
 * What is hit. Two faults that are under way at once hit different planes, so that somebody is left to heal.
 */
export type Plane = 'worker' | 'gateway' | 'relay' | 'redis' | 'stage' | 'vendor-livekit' | 'vendor';

/** Every fault, what it hits, and for how long, ms. */
export const faults = {
  'worker-killed': { plane: 'worker', lastsMs: [500, 4_000] },
  'worker-group-killed': { plane: 'worker', lastsMs: [500, 4_000] },
  'worker-frozen': { plane: 'worker', lastsMs: [1_000, 20_000] },
  'worker-drained': { plane: 'worker', lastsMs: [500, 1_000] },
  'worker-without-redis': { plane: 'worker', lastsMs: [1_000, 12_000] },
  'worker-without-vendor': { plane: 'worker', lastsMs: [1_000, 8_000] },
  'worker-without-stage': { plane: 'worker', lastsMs: [1_000, 8_000] },
  'worker-clock': { plane: 'worker', lastsMs: [2_000, 10_000] },
  'gateway-killed': { plane: 'gateway', lastsMs: [500, 3_000] },
  'gateway-frozen': { plane: 'gateway', lastsMs: [1_000, 6_000] },
  'gateway-drained': { plane: 'gateway', lastsMs: [500, 1_000] },
  'gateway-without-redis': { plane: 'gateway', lastsMs: [1_000, 8_000] },
  'gateway-clock': { plane: 'gateway', lastsMs: [2_000, 10_000] },
  'relay-host-killed': { plane: 'relay', lastsMs: [500, 1_000] },
  'relay-host-frozen': { plane: 'relay', lastsMs: [1_000, 8_000] },
  'redis-killed': { plane: 'redis', lastsMs: [300, 4_000] },
  'redis-frozen': { plane: 'redis', lastsMs: [1_000, 12_000] },
  'redis-full': { plane: 'redis', lastsMs: [2_000, 8_000] },
  'stage-killed': { plane: 'stage', lastsMs: [300, 4_000] },
  'stage-frozen': { plane: 'stage', lastsMs: [1_000, 8_000] },
  'vendor-livekit-killed': { plane: 'vendor-livekit', lastsMs: [300, 3_000] },
  'vendor-livekit-frozen': { plane: 'vendor-livekit', lastsMs: [1_000, 6_000] },
  'vendor-session-dropped': { plane: 'vendor', lastsMs: [500, 1_000] },
  'vendor-sessions-dropped': { plane: 'vendor', lastsMs: [500, 1_000] },
  'vendor-media-stalled': { plane: 'vendor', lastsMs: [2_000, 10_000] },
  'vendor-refusing': { plane: 'vendor', lastsMs: [3_000, 15_000] },
  'vendor-slow': { plane: 'vendor', lastsMs: [3_000, 10_000] },
  'vendor-hanging': { plane: 'vendor', lastsMs: [1_000, 6_000] },
  'vendor-answers-cut': { plane: 'vendor', lastsMs: [1_000, 4_000] },
  'vendor-events-lost': { plane: 'vendor', lastsMs: [2_000, 8_000] },
  'vendor-frozen': { plane: 'vendor', lastsMs: [1_000, 5_000] },
} as const satisfies Record<string, { plane: Plane; lastsMs: [number, number] }>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as FaultName[];

/** `pick` chooses among those that are there when it strikes. Times are ms from the beginning. */
export type Step = { fault: FaultName; atMs: number; lastsMs: number; pick: number };
export type PlannedInterrupt = { atMs: number; session: number; kind: InterruptKind };
export type Schedule = { steps: Step[]; interrupts: PlannedInterrupt[] };

export type ScheduleOptions = {
  seed: number;
  minutes: number;
  sessions: number;
  /** Only these faults. */
  only?: FaultName[];
};

/** ms until the first fault, and after the last: for the accounts to have something undisturbed in them. */
const quietMs = 4_000;
/** ms between the end of a fault and the next one. */
const pauseMs = [5_000, 14_000] as const;
/** One in so many faults begins while another one lasts. */
const oneInOverlaps = 4;
const interruptKinds: InterruptKind[] = ['call', 'interrupting-message', 'replacing-message'];
const interruptEveryMs = [12_000, 30_000] as const;

/** What will happen: the same for the same options. Every fault comes once before one comes twice. */
export function planChaos({ seed, minutes, sessions, only }: ScheduleOptions): Schedule {
  const random = new Random(seed);
  const between = ([least, most]: readonly [number, number]): number =>
    least + random.below(most - least + 1);
  const deck = new Deck(only ?? faultNames, random);
  const endMs = minutes * 60_000 - quietMs;
  const steps: Step[] = [];
  for (let atMs = quietMs; ;) {
    const fault = deck.draw();
    const step = { fault, atMs, lastsMs: between(faults[fault].lastsMs), pick: random.below(2 ** 16) };
    if (step.atMs + step.lastsMs > endMs) break;
    steps.push(step);
    const second = random.oneIn(oneInOverlaps) && step.lastsMs > 1_500 ? beside(step) : undefined;
    if (second) steps.push(second);
    const overMs = Math.max(...steps.slice(-2).map((one) => one.atMs + one.lastsMs));
    atMs = overMs + between(pauseMs);
  }
  return { steps, interrupts: [...planInterrupts()] };

  function beside(step: Step): Step | undefined {
    const atMs = step.atMs + between([200, step.lastsMs - 200]);
    const fault = deck.drawIf(
      (name) => faults[name].plane !== faults[step.fault].plane && atMs + faults[name].lastsMs[1] <= endMs,
    );
    return fault && { fault, atMs, lastsMs: between(faults[fault].lastsMs), pick: random.below(2 ** 16) };
  }

  function* planInterrupts(): Generator<PlannedInterrupt> {
    for (let atMs = between(interruptEveryMs); atMs < endMs; atMs += between(interruptEveryMs))
      yield { atMs, session: random.below(sessions), kind: random.pick(interruptKinds) };
  }
}

/** Cards that are shuffled again when all were drawn. */
class Deck {
  readonly #all: readonly FaultName[];
  readonly #random: Random;
  #left: FaultName[] = [];

  constructor(all: readonly FaultName[], random: Random) {
    this.#all = all;
    this.#random = random;
  }

  draw(): FaultName {
    this.#refill();
    return this.#left.pop()!;
  }

  /** The next card that fits, out of turn. */
  drawIf(fits: (fault: FaultName) => boolean): FaultName | undefined {
    this.#refill();
    const index = this.#left.findLastIndex(fits);
    return index < 0 ? undefined : this.#left.splice(index, 1)[0];
  }

  #refill(): void {
    if (this.#left.length > 0) return;
    this.#left = [...this.#all];
    for (let last = this.#left.length - 1; last > 0; last--) {
      const other = this.#random.below(last + 1);
      [this.#left[last], this.#left[other]] = [this.#left[other]!, this.#left[last]!];
    }
  }
}
