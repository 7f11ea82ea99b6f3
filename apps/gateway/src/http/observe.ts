import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { GatewayEnv, Parts } from '../parts.ts';

const acceptableId = /^[\w.:-]{1,128}$/;
/** Asked every few seconds by machines: not worth a line each. */
const quiet = new Set(['/healthz', '/readyz', '/metrics']);

/** Gives each request its id, its line in the log and its place in the metrics. Logs no query, header or body. */
export function observe({ logger, metrics, lifecycle }: Parts): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const start = performance.now();
    const given = c.req.header('x-request-id');
    const requestId = given && acceptableId.test(given) ? given : randomUUID();
    c.set('requestId', requestId);
    c.header('x-request-id', requestId);
    if (lifecycle.stopping) c.header('connection', 'close');
    await next();
    const took = performance.now() - start;
    const { method, path } = c.req;
    const route = c.var.unmatched ? 'none' : routePath(c, -1);
    const status = upgraded(c.req.header('upgrade'), c.res.status) ? 101 : c.res.status;
    metrics.request(method, route, status, took);
    const line = {
      requestId,
      method,
      path,
      status,
      took: Math.round(took * 100) / 100,
      role: c.var.credential?.role,
    };
    if (quiet.has(path) && status < 400) logger.debug(line, 'request');
    else logger.info(line, 'request');
  };
}

/** The WebSocket helper says 200 for an accepted upgrade. */
function upgraded(header: string | undefined, status: number): boolean {
  return header?.toLowerCase() === 'websocket' && status === 200;
}
