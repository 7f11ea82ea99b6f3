import { readLeniently } from '@avatar-bridge/heygen-client';
import type { Context } from 'hono';
import type { z } from 'zod';
import { V1Failure } from './v1-failure.ts';

/** What a client sent, read as leniently as v1 read it. Throws a V1Failure when it breaks the schema all the same. */
export function read<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = readLeniently(schema, value);
  if (result.success) return result.data;
  const { issues } = result.error;
  throw V1Failure.invalid(
    issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '),
  );
}

/** A request's JSON body, whatever its content type; no body at all is `{}`. */
export async function readBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  const text = await c.req.text();
  return read(schema, text.trim() === '' ? {} : parsed(text));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw V1Failure.invalid('the body is not JSON');
  }
}
