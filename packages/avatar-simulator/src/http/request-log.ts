import type { MiddlewareHandler } from 'hono';
import { now } from '../clock.ts';
import { bounds } from '../limits.ts';

/**
 * A request that was seen. `status` stays null while it is unanswered, also when it never was answered.
 * Queries and bodies aren't kept.
 */
export type LoggedRequest = {
  method: string;
  path: string;
  at: number;
  status: number | null;
  durationMs: number | null;
};

/** The last requests to the vendor's endpoints, oldest first. */
export class RequestLog {
  #entries: LoggedRequest[] = [];

  add(method: string, path: string, at: number): LoggedRequest {
    const entry: LoggedRequest = { method, path, at, status: null, durationMs: null };
    this.#entries.push(entry);
    if (this.#entries.length > 2 * bounds.requests) this.#entries = this.#entries.slice(-bounds.requests);
    return entry;
  }

  list(): LoggedRequest[] {
    return this.#entries.slice(-bounds.requests);
  }

  clear(): void {
    this.#entries = [];
  }
}

/** Notes every request and when it came in: `receivedAt` of the context. */
export function noteRequests(log: RequestLog): MiddlewareHandler<{ Variables: { receivedAt: number } }> {
  return async (c, next) => {
    const at = now();
    c.set('receivedAt', at);
    const entry = log.add(c.req.method, c.req.path, at);
    await next();
    // 499: the connection was cut without an answer.
    entry.status = c.res.status === 499 ? null : c.res.status;
    entry.durationMs = Math.round((now() - at) * 10) / 10;
  };
}
