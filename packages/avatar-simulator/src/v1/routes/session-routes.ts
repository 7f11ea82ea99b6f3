import {
  CreateTokenRequest,
  endpoints,
  InterruptRequest,
  KeepAliveRequest,
  ListeningRequest,
  NewSessionRequest,
  StartRequest,
  StopRequest,
  TaskRequest,
  unsupportedMediaType,
} from '@avatar-bridge/heygen-client';
import { Hono } from 'hono';
import type { z } from 'zod';
import { now } from '../../clock.ts';
import { plainSuccess, success } from '../http/envelope.ts';
import { check, readBody } from '../http/read-body.ts';
import { VendorFailure } from '../http/vendor-failure.ts';
import { guessDuration } from '../../avatar/task.ts';
import type { VendorSession } from '../session/vendor-session.ts';
import type { Account, RequestContext } from './account.ts';

/** Where a session takes sound, followed by its id. */
export const realtimePath = '/v2-alpha/interactive-avatar/session';

/**
 * A session's life at the vendor: token, new, start, task, interrupt, keep_alive, stop and the listening
 * calls.
 */
export function sessionRoutes(account: Account): Hono<RequestContext> {
  const { credentials, sessions, switches, tokens, limits, rooms } = account;
  const routes = new Hono<RequestContext>();

  routes.post(endpoints.createToken, async (c) => {
    const json = /^application\/json\b/i.test(c.req.header('content-type') ?? '');
    if (!json && switches.values.createTokenContentType === 'required') {
      return c.json(unsupportedMediaType.body, unsupportedMediaType.status);
    }
    credentials.requireKey(c);
    const text = await c.req.text();
    if (text.trim() !== '') check(CreateTokenRequest, parsed(text) ?? {});
    return c.json(success({ token: tokens.issue(now(), limits.tokenLifetime * 1_000) }, switches.values));
  });

  routes.post(endpoints.newSession, async (c) => {
    const credential = credentials.requireFresh(c);
    const request = await readBody(c, NewSessionRequest);
    const session = sessions.open(request, credential.kind === 'key');
    if (credential.kind === 'token' && !tokens.spend(credential.token, session.id, now())) {
      void session.close('stopped');
      throw VendorFailure.of('unauthorized');
    }
    const [accessToken, agentToken] = await Promise.all([
      rooms.clientToken(session.id),
      rooms.agentToken(session.id),
    ]);
    const data = {
      session_id: session.id,
      sdp: null,
      access_token: accessToken,
      livekit_agent_token: agentToken,
      url: rooms.url,
      ice_servers: null,
      ice_servers2: null,
      is_paid: true,
      session_duration_limit: limits.sessionDurationLimit,
      realtime_endpoint: `${account.socketUrl()}${realtimePath}/${session.id}`,
    };
    return c.json(success(data, switches.values));
  });

  routes.post(endpoints.task, async (c) => {
    const request = await readBody(c, TaskRequest);
    credentials.require(c, request.session_id);
    const mode = request.task_mode ?? 'sync';
    const { task, end } = sessions.get(request.session_id).submit(request.text, {
      type: request.task_type ?? 'repeat',
      mode,
      origin: 'rest',
      receivedAt: c.get('receivedAt'),
    });
    let durationMs = guessDuration(task.text);
    if (mode === 'sync' && switches.values.syncAnswers === 'at-end') {
      const spoken = await end;
      if (spoken.outcome === 'closed') throw VendorFailure.of('wrongState');
      if (spoken.outcome === 'failed')
        throw new VendorFailure({ status: 500, message: 'Internal server error' });
      durationMs = spoken.durationMs;
    }
    return c.json(success({ task_id: task.taskId, duration_ms: durationMs }, switches.values));
  });

  /** The calls that name a session and answer without data. */
  const command = (
    path: string,
    schema: z.ZodType<{ session_id: string }>,
    act: (session: VendorSession) => void | Promise<void>,
  ): void => {
    routes.post(path, async (c) => {
      const { session_id: sessionId } = await readBody(c, schema);
      credentials.require(c, sessionId);
      await act(sessions.get(sessionId));
      return c.json(plainSuccess(switches.values));
    });
  };
  command(endpoints.start, StartRequest, (session) => session.start());
  command(endpoints.interrupt, InterruptRequest, (session) => session.interrupt());
  command(endpoints.keepAlive, KeepAliveRequest, (session) => session.keepAlive());
  command(endpoints.startListening, ListeningRequest, (session) => session.listen(true));
  command(endpoints.stopListening, ListeningRequest, (session) => session.listen(false));
  command(endpoints.stop, StopRequest, (session) => {
    if (session.state.name === 'closed') throw VendorFailure.of('wrongState');
    return session.close('stopped');
  });

  return routes;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw VendorFailure.invalid('the body is not JSON');
  }
}
