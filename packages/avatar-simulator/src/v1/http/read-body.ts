import { readLeniently } from '@avatar-bridge/heygen-client';
import type { Context } from 'hono';
import type { z } from 'zod';
import { VendorFailure } from './vendor-failure.ts';

/**
 * The request's JSON body, whatever its content type. Throws the vendor's error when it breaks the schema.
 */
export async function readBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  let json: unknown;
  try {
    json = await c.req.json();
  } catch {
    throw VendorFailure.invalid('the body is not JSON');
  }
  return check(schema, json);
}

/**
 * What a client sent, as lenient as the vendor. Throws the vendor's error when it breaks the schema all the
 * same.
 */
export function check<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = readLeniently(schema, value);
  if (result.success) return result.data;
  throw VendorFailure.invalid(
    result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '),
  );
}
