export type Spread = { p50: number; p95: number; max: number; count: number };

/** Percentiles by nearest rank, small ones with a tenth; NaN when there is nothing. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
    return Math.abs(value) < 10 ? Math.round(value * 10) / 10 : Math.round(value);
  };
  return { p50: at(0.5), p95: at(0.95), max: at(1), count: sorted.length };
}
