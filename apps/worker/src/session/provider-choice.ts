/** Which of a session's providers is in use, and how it fares. */
export type Choice = {
  /** Its place among the session's providers. */
  readonly index: number;
  /** Vendor sessions of it that failed in a row without a word spoken. */
  readonly failures: number;
  /** Since when it has no slot for the session (epoch ms). */
  readonly noSlotSince: number | undefined;
};

/**
 * What a failure says about the provider. `refused`: it will never serve this session. `no-slot`: not now, there may be room later.
 * `broken`: a vendor session did not come up or was lost. `elsewhere`: the provider is not to blame.
 */
export type FailureKind = 'refused' | 'no-slot' | 'broken' | 'elsewhere';

export type ChoiceEvent =
  /** `stable`: what was lost had been on the stage for long, as when the vendor ends a session at its time limit. */
  | { type: 'failed'; kind: FailureKind; at: number; retryAfter?: number | undefined; stable?: boolean }
  /** A vendor session is open. */
  | { type: 'opened' }
  /** Something was said. */
  | { type: 'spoken' };

export type ChoiceRules = {
  /** How many providers the session has. */
  count: number;
  /** ms that a provider may have no slot. */
  slotWaitMs: number;
  /** Failures in a row that are one too many. */
  maxFailures: number;
};

export const firstChoice = (index: number): Choice => ({ index, failures: 0, noSlotSince: undefined });

/**
 * The choice after an event; the same object when nothing changes. Providers are used in order and none is returned to: a session
 * does not change its face more often than it has to. The last one is kept whatever it does.
 */
export function next(choice: Choice, event: ChoiceEvent, rules: ChoiceRules): Choice {
  switch (event.type) {
    case 'opened':
      return choice.noSlotSince === undefined ? choice : { ...choice, noSlotSince: undefined };
    case 'spoken':
      return choice.failures === 0 ? choice : { ...choice, failures: 0 };
    case 'failed':
      return failed(choice, event, rules);
  }
}

/** Until when a provider without a slot is waited for (epoch ms); Infinity when it has slots, or none could take its place. */
export function waitsUntil({ index, noSlotSince }: Choice, { count, slotWaitMs }: ChoiceRules): number {
  return noSlotSince === undefined || index >= count - 1
    ? Number.POSITIVE_INFINITY
    : noSlotSince + slotWaitMs;
}

function failed(
  choice: Choice,
  { kind, at, retryAfter = 0, stable = false }: Extract<ChoiceEvent, { type: 'failed' }>,
  rules: ChoiceRules,
): Choice {
  if (choice.index >= rules.count - 1) return choice;
  switch (kind) {
    case 'elsewhere':
      return choice;
    case 'refused':
      return firstChoice(choice.index + 1);
    case 'broken': {
      // A session that nobody speaks to for hours goes through many vendor sessions, and nothing is wrong with that.
      if (stable) return { ...choice, failures: 0 };
      const failures = choice.failures + 1;
      return failures >= rules.maxFailures ? firstChoice(choice.index + 1) : { ...choice, failures };
    }
    case 'no-slot': {
      const waiting = { ...choice, noSlotSince: choice.noSlotSince ?? at };
      return at + retryAfter >= waitsUntil(waiting, rules) ? firstChoice(choice.index + 1) : waiting;
    }
  }
}
