import type { Context, ValidationTargets } from 'hono';
import type { ZodError } from 'zod';
import { badInput, faultsOf } from '../problems/bad-input.ts';
import { ProblemError } from '../problems/problem-error.ts';
import { idempotencyFaults } from './idempotency.ts';

type Result = { target: keyof ValidationTargets } & ({ success: true } | { success: false; error: ZodError });

/** Called with each validated part of a request. An id that can't be one is simply unknown; everything else names its faults. */
export function refuseBadInput(result: Result, c: Context): void {
  if (result.success) return;
  if (result.target === 'param') {
    const unknown = result.error.issues.some(({ path }) => path[0] === 'id')
      ? 'unknown-session'
      : 'unknown-message';
    throw new ProblemError(
      unknown,
      result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  }
  if (result.target === 'json') throw badInput([...faultsOf(result.error), ...idempotencyFaults(c)]);
  throw badInput(faultsOf(result.error, result.target));
}
