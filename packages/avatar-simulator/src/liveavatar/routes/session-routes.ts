import {
  endpoints,
  KeepAliveRequest,
  StartRequest,
  StopRequest,
  TokenRequest,
  type StartResponse,
  type TokenResponse,
} from '@avatar-bridge/heygen-client/liveavatar';
import { Hono } from 'hono';
import { success } from '../http/envelope.ts';
import { LiveAvatarFailure } from '../http/failure.ts';
import { readBody } from '../http/read-request.ts';
import type { LiveAvatarAccount } from '../liveavatar-account.ts';
import type { LiveAvatarSession } from '../session/liveavatar-session.ts';
import { readSettings } from '../session/read-settings.ts';

/** Where LITE sockets are, followed by the session's socket key. */
export const socketPath = '/v1/ws';

/** A session's life: token, start, keep-alive, stop. */
export function sessionRoutes(account: LiveAvatarAccount): Hono {
  const { credentials, credits, limits, rooms, sessions, switches, tokens } = account;
  const routes = new Hono();

  routes.post(endpoints.token, async (c) => {
    credentials.requireKey(c);
    const settings = readSettings(await readBody(c, TokenRequest), limits);
    const session = sessions.mint(settings);
    if (switches.values.creditsChecked === 'at-token' && !credits.has(session.price)) {
      await session.close('no-credits');
      throw LiveAvatarFailure.of('noCredits');
    }
    const data: TokenResponse = {
      session_id: session.id,
      session_token: await tokens.issue(session.id, settings.mode, limits.tokenLifetime),
    };
    return c.json(success(data));
  });

  routes.post(endpoints.start, async (c) => {
    const id = await credentials.requireToken(c);
    const { session_id: named } = await readBody(c, StartRequest);
    if (named !== undefined && named !== id) throw LiveAvatarFailure.of('unauthorized');
    return c.json(success(await started(await sessions.start(id))), 201);
  });

  const started = async (session: LiveAvatarSession): Promise<StartResponse> => {
    const { mode, place, maxSessionDuration } = session.settings;
    const own = place.kind === 'own';
    return {
      session_id: session.id,
      livekit_url: own ? rooms.url : null,
      livekit_client_token: own ? await rooms.clientToken(session.id) : null,
      livekit_agent_token: own ? await rooms.agentToken(session.id) : null,
      max_session_duration: maxSessionDuration,
      ...(mode === 'LITE' && { ws_url: `${account.socketUrl()}${socketPath}/${session.socketKey}` }),
    } as StartResponse;
  };

  routes.post(endpoints.keepAlive, async (c) => {
    const { session_id: named } = await readBody(c, KeepAliveRequest);
    const session = sessions.require(mustBeNamed(await credentials.sessionOf(c, named)));
    if (session.state.name === 'closed') throw LiveAvatarFailure.of('sessionNotFound');
    session.touch();
    return c.json(success(null));
  });

  // A client that was told of the end stops the session once more: that has to go well.
  routes.post(endpoints.stop, async (c) => {
    const { session_id: named, reason } = await readBody(c, StopRequest);
    const session = sessions.require(mustBeNamed(await credentials.sessionOf(c, named)));
    await session.stop(reason);
    return c.json(success(null));
  });

  return routes;
}

/** With an API key, a call without a session is a 400. */
function mustBeNamed(id: string | undefined): string {
  if (id === undefined)
    throw LiveAvatarFailure.from({ status: 400, code: 4_000, message: 'session_id is required' });
  return id;
}
