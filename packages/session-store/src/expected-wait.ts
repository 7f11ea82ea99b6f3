/** How an account's slots are used. */
export type SlotUse = {
  /** How many there are; undefined before the first worker said so. */
  slots: number | undefined;
  /** How many are held by sessions. */
  held: number;
  /** How long sessions have held one lately, ms; undefined before the first one ended. */
  averageHeldMs: number | undefined;
};

/** ms that the queue of an account takes to move on by one session, on average. */
export function stepMs({ slots, averageHeldMs }: SlotUse): number | undefined {
  return slots === undefined || averageHeldMs === undefined ? undefined : averageHeldMs / Math.max(1, slots);
}

/**
 * ms that a session waits for a slot with so many before it, if those that hold one do so for as long as
 * sessions did lately.
 */
export function expectedWaitMs(position: number, use: SlotUse): number | undefined {
  const free = Math.max(0, (use.slots ?? 0) - use.held);
  if (position < free) return 0;
  const step = stepMs(use);
  return step === undefined ? undefined : (position - free + 1) * step;
}
