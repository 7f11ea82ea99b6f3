import { setTimeout as sleep } from 'node:timers/promises';

/** Epoch ms that never run backwards; the simulator's times are on the same clock. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Until a moment of that clock; at once when it has passed. */
export const sleepUntil = (at: number): Promise<void> => sleep(Math.max(0, at - now()));
