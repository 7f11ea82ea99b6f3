import { poseCount } from './face.ts';
import type { Eyes } from './face.ts';

const swayPeriod = 5200;
const blink: readonly Eyes[] = ['half', 'shut', 'shut', 'half'];
const blinkFrame = 40;

/**
 * What a face does by itself: the head sways slowly, the eyes blink every two to six seconds. Times in ms.
 */
export class IdleLife {
  readonly #random: () => number;
  readonly #swayOffset: number;
  #nextBlink: number;

  constructor(now: number, random: () => number = Math.random) {
    this.#random = random;
    this.#swayOffset = random() * swayPeriod;
    this.#nextBlink = now + 1000 + random() * 2000;
  }

  at(now: number): { pose: number; eyes: Eyes } {
    const frame = Math.floor((now - this.#nextBlink) / blinkFrame);
    if (frame >= blink.length) this.#nextBlink = now + 2000 + this.#random() * 4000;
    const sway = Math.sin(((now + this.#swayOffset) / swayPeriod) * 2 * Math.PI);
    return { pose: Math.round(((sway + 1) / 2) * (poseCount - 1)), eyes: blink[frame] ?? 'open' };
  }
}
