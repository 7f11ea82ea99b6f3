/** Cubic interpolation: good enough for speech, and only used to go up a little. */
export function resample(pcm: Int16Array, from: number, to: number): Int16Array {
  if (from === to) return pcm;
  const result = new Int16Array(Math.floor((pcm.length * to) / from));
  const at = (index: number) => pcm[Math.min(pcm.length - 1, Math.max(0, index))] ?? 0;
  for (let index = 0; index < result.length; index++) {
    const position = (index * from) / to;
    const base = Math.floor(position);
    const t = position - base;
    const [a, b, c, d] = [at(base - 1), at(base), at(base + 1), at(base + 2)];
    const value = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    result[index] = Math.max(-0x8000, Math.min(0x7fff, Math.round(value)));
  }
  return result;
}
