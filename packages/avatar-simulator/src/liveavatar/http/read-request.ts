import { readLeniently } from '@avatar-bridge/heygen-client';
import type { Context } from 'hono';
import type { z } from 'zod';
import { LiveAvatarFailure } from './failure.ts';

/** The request's JSON body; without one, `{}`. Throws the vendor's 422 when it breaks the schema. */
export async function readBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  const text = await c.req.text();
  if (text.trim() === '') return check(schema, {}, 'body');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const fault = { type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {} };
    throw LiveAvatarFailure.detail(422, [fault]);
  }
  return check(schema, json ?? {}, 'body');
}

export function readQuery<T extends z.ZodType>(c: Context, schema: T): z.output<T> {
  return check(schema, c.req.query(), 'query');
}

/**
 * As lenient as the vendor: null is nothing, unknown members are left out, numbers may be written as strings.
 */
function check<T extends z.ZodType>(schema: T, value: unknown, where: 'body' | 'query'): z.output<T> {
  const result = readLeniently(schema, value);
  if (result.success) return result.data;
  const detail = result.error.issues.map(({ code, path, message }) => ({
    type: code === 'custom' ? 'value_error' : code,
    loc: [where, ...path],
    msg: code === 'custom' ? `Value error, ${message}` : message,
  }));
  throw LiveAvatarFailure.detail(422, detail);
}
