import { type Spread, spread } from './spread.ts';

export type Bound = { p95?: number; max?: number };
export type Unit = 'ms' | 'MB' | '%' | '';
export type Measure = { what: string; unit: Unit; spread: Spread; bound: Bound; ok: boolean };

/** Values as they are measured, and whether they stay within their bounds. */
export class Measures {
  readonly #values = new Map<string, { unit: Unit; values: number[]; bound: Bound }>();

  note(what: string, unit: Unit, values: number[], bound: Bound = {}): void {
    const noted = this.#values.get(what) ?? { unit, values: [], bound };
    noted.values.push(...values);
    this.#values.set(what, noted);
  }

  list(): Measure[] {
    return [...this.#values].map(([what, { unit, values, bound }]) => {
      const found = spread(values);
      const within = (value: number, most = Number.POSITIVE_INFINITY): boolean => value <= most;
      const ok = found.count > 0 && within(found.p95, bound.p95) && within(found.max, bound.max);
      return { what, unit, spread: found, bound, ok };
    });
  }
}
