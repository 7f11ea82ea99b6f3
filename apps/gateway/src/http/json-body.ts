import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { GatewayEnv } from '../parts.ts';
import { wrongMediaType } from '../problems/from-error.ts';
import { ProblemError } from '../problems/problem-error.ts';

/** The largest body that is taken, bytes. */
export const maxBody = 64 * 1024;

const json = /^application\/json\s*(;|$)/i;

function tooLarge(): never {
  throw new ProblemError('too-large', `Send at most ${maxBody / 1024} kB.`);
}

const limitUnannounced = bodyLimit({ maxSize: maxBody, onError: tooLarge });

/**
 * Lets JSON of at most `maxBody` through. A larger body is refused by its announced length before any of it is read, and
 * one of unknown length as soon as it is too long. No body at all counts as `{}`.
 */
export const jsonBody: MiddlewareHandler<GatewayEnv> = async (c, next) => {
  const length = c.req.header('content-length');
  const chunked = c.req.header('transfer-encoding') !== undefined;
  if (length !== undefined && Number(length) > maxBody) tooLarge();
  if (!chunked && (length === undefined || length === '0')) {
    const headers = new Headers(c.req.raw.headers);
    headers.set('content-type', 'application/json');
    c.req.raw = new Request(c.req.url, { method: c.req.method, headers, body: '{}' });
    return next();
  }
  if (!json.test(c.req.header('content-type') ?? '')) throw wrongMediaType();
  return chunked ? limitUnannounced(c, next) : next();
};
