/** a - b for 16-bit sequence numbers: -32768..32767. */
export function sequenceDelta(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** a - b for 32-bit timestamps: -2^31..2^31-1. */
export function timestampDelta(a: number, b: number): number {
  return (a - b) | 0;
}
