import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { vendorErrors } from '@avatar-bridge/heygen-client';
import { liveAvatarErrors } from '@avatar-bridge/heygen-client/liveavatar';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { FaultOf } from './fault.ts';
import type { Faults } from './faults.ts';
import { isV1Path } from './paths.ts';

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
  const named =
    c.req.query('session_id') ??
    /^\/v1\/sessions\/([0-9a-f-]{36})\b/.exec(c.req.path)?.[1] ??
    sessionOfToken(c.req.header('authorization'));
  if (named !== undefined) return { sessionId: named };
  const body: unknown = c.req.method === 'POST' ? await c.req.json().catch(() => undefined) : undefined;
  if (typeof body !== 'object' || body === null) return {};
  const { session_id: sessionId, task_mode: taskMode } = body as Record<string, unknown>;
  return {
    ...(typeof sessionId === 'string' && { sessionId }),
    taskMode: typeof taskMode === 'string' ? taskMode : 'sync',
  };
}

/** The session that a LiveAvatar session token names, verified or not. */
function sessionOfToken(authorization: string | undefined): string | undefined {
  const payload = /^Bearer [^.]+\.([^.]+)\.[^.]+$/i.exec(authorization ?? '')?.[1];
  if (payload === undefined) return undefined;
  try {
    const { session_id: id } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      session_id?: unknown;
    };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

type NamedError = { status: number; code?: number; message: string };

function refusal(c: Context, fault: FaultOf<'refuse'>): Response {
  const v1 = isV1Path(c.req.path);
  const named = fault.error && errorNamed(fault.error, v1);
  const status = (fault.status ?? named?.status ?? 500) as ContentfulStatusCode;
  if (fault.retryAfter !== undefined) c.header('Retry-After', String(fault.retryAfter));
  if (status === 429 && !v1) noteRateLimit(c);
  if (fault.body !== undefined) return c.html(fault.body, status);
  const code = fault.code ?? named?.code;
  const message = fault.message ?? named?.message ?? 'Internal server error';
  if (v1) return c.json({ ...(code !== undefined && { code }), message }, status);
  return c.json({ code: code ?? status, data: null, message }, status);
}

/** Both APIs have an error of some names: the path says which is meant. */
function errorNamed(name: NonNullable<FaultOf<'refuse'>['error']>, v1: boolean): NamedError | undefined {
  const tables: Record<string, NamedError>[] = [vendorErrors, liveAvatarErrors];
  return (v1 ? tables : tables.toReversed()).find((table) => name in table)?.[name];
}

/** LiveAvatar counts calls in windows of one second. */
function noteRateLimit(c: Context): void {
  c.header('X-RateLimit-Limit', '1');
  c.header('X-RateLimit-Remaining', '0');
  c.header('X-RateLimit-Reset', String(Math.floor(Date.now() / 1_000) + 1));
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
