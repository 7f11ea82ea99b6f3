import { plans, sandboxDuration, type PlanName } from './plans.ts';

/** What the LiveAvatar account may do. Seconds; fractions are fine. */
export type LiveAvatarLimits = {
  /** The longest session that can be asked for. */
  maxSessionDuration: number;
  sandboxDuration: number;
  /** Sessions that run at once. */
  concurrency: number;
  /** What the account begins with. */
  credits: number;
  /** A session ends when nobody spoke to it or kept it alive for this long. Seen: 194 to 210. */
  reapAfter: number;
  /** A session that was not started ends then. Not documented. */
  tokenLifetime: number;
  /** What credits are counted by. */
  minute: number;
};

/** The limits of a plan, with whatever is set otherwise. */
export function liveAvatarLimits(
  plan: PlanName,
  concurrency: number,
  others: Partial<LiveAvatarLimits> = {},
): LiveAvatarLimits {
  const { maxSessionDuration, credits, concurrency: allowed } = plans[plan];
  return {
    maxSessionDuration,
    sandboxDuration,
    concurrency: Math.min(concurrency, allowed),
    credits,
    reapAfter: 200,
    tokenLifetime: 3_600,
    minute: 60,
    ...others,
  };
}
