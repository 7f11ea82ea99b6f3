import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { vendorErrors } from '@avatar-bridge/heygen-client';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { FaultOf } from './fault.ts';
import type { Faults } from './faults.ts';

/** Lets ordered faults happen to requests. */
export function faultGate(faults: Faults): MiddlewareHandler<{ Bindings: HttpBindings }> {
  return async (c, next) => {
    const { path } = c.req;
    if (!faults.concerns(path)) return next();
    const { cleared } = faults;
    const fault = faults.takeForRequest({ path, ...(await about(c)) });
    if (!fault) return next();
    if (fault.kind === 'refuse') return refusal(c, fault);
    if (fault.phase === 'after') await next();
    switch (fault.kind) {
      case 'delay':
        await sleep(fault.ms, undefined, { signal: cleared }).catch(() => undefined);
        break;
      case 'hang':
        await letGo(c, cleared);
        return cut(c);
      case 'cut':
        return cut(c);
    }
    if (fault.phase === 'before') await next();
    return undefined;
  };
}

/** Which session and mode a request is about. */
async function about(c: Context): Promise<{ sessionId?: string; taskMode?: string }> {
  const query = c.req.query('session_id');
  if (query !== undefined) return { sessionId: query };
  const body: unknown = c.req.method === 'POST' ? await c.req.json().catch(() => undefined) : undefined;
  if (typeof body !== 'object' || body === null) return {};
  const { session_id: sessionId, task_mode: taskMode } = body as Record<string, unknown>;
  return {
    ...(typeof sessionId === 'string' && { sessionId }),
    taskMode: typeof taskMode === 'string' ? taskMode : 'sync',
  };
}

function refusal(c: Context, fault: FaultOf<'refuse'>): Response {
  const named: { status: number; code?: number; message: string } | undefined =
    fault.error && vendorErrors[fault.error];
  const status = (fault.status ?? named?.status ?? 500) as ContentfulStatusCode;
  if (fault.retryAfter !== undefined) c.header('Retry-After', String(fault.retryAfter));
  if (fault.body !== undefined) return c.html(fault.body, status);
  const code = fault.code ?? named?.code;
  return c.json(
    {
      ...(code !== undefined && { code }),
      message: fault.message ?? named?.message ?? 'Internal server error',
    },
    status,
  );
}

/** Resolves when the client gave up, or the faults were deleted. */
function letGo(c: Context<{ Bindings: HttpBindings }>, cleared: AbortSignal): Promise<void> {
  const { socket } = c.env.incoming;
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('close', done);
      cleared.removeEventListener('abort', done);
      resolve();
    };
    socket.once('close', done);
    cleared.addEventListener('abort', done);
    if (socket.destroyed || cleared.aborted) done();
  });
}

/** Closes the connection without an answer. */
function cut(c: Context<{ Bindings: HttpBindings }>): Response {
  c.env.incoming.socket.destroy();
  const none = new Response(null, { status: 499 });
  if (c.finalized) c.res = none;
  return none;
}
