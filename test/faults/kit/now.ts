/** Epoch ms that never run backwards; the simulator's times are on the same clock. */
export const now = (): number => performance.timeOrigin + performance.now();
