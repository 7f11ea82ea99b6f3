/** What a plan allows. Seconds; credits are what a month begins with. */
export type Plan = { maxSessionDuration: number; concurrency: number; credits: number };

export const planNames = ['free', 'starter', 'essential', 'business'] as const;
export type PlanName = (typeof planNames)[number];

/**
 * The vendor's plans, as its own demo's support text names them; the docs call the last two Pro and Scale.
 * Only the free plan is known to limit concurrency.
 */
export const plans: Record<PlanName, Plan> = {
  free: { maxSessionDuration: 120, concurrency: 1, credits: 10 },
  starter: { maxSessionDuration: 300, concurrency: Infinity, credits: 200 },
  essential: { maxSessionDuration: 1_200, concurrency: Infinity, credits: 1_100 },
  business: { maxSessionDuration: 3_600, concurrency: Infinity, credits: 6_000 },
};

/** A sandbox session ends after this many seconds, whatever the plan; it costs nothing. */
export const sandboxDuration = 60;
