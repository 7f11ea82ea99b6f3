import type { Problem } from '@avatar-bridge/contracts';
import type { Idempotency } from '@avatar-bridge/session-store';
import type { Context } from 'hono';
import { badInput } from '../problems/bad-input.ts';

export const idempotencyHeader = 'Idempotency-Key';
const rule = 'must be 1 to 128 printable ASCII characters';

/** For OpenAPI. */
export const idempotencyParameter = {
  in: 'header' as const,
  name: idempotencyHeader,
  required: false,
  description:
    'Makes a repeated request harmless: it is answered as the first one was, with the header Idempotent-Replayed.',
  schema: { type: 'string' as const, minLength: 1, maxLength: 128 },
};

/** What is wrong with the request's key, if anything. */
export function idempotencyFaults(c: Context): NonNullable<Problem['errors']> {
  const key = c.req.header(idempotencyHeader);
  return key === undefined || /^[\x20-\x7e]{1,128}$/.test(key) ? [] : [{ field: idempotencyHeader, rule }];
}

/** The request's key, for the store, which also remembers what the body said. */
export function idempotencyOf(c: Context): Idempotency {
  const faults = idempotencyFaults(c);
  if (faults.length > 0) throw badInput(faults);
  return { idempotencyKey: c.req.header(idempotencyHeader) };
}
