import type { Session } from '@avatar-bridge/contracts';
import {
  CreateTokenRequest,
  endpoints,
  NewSessionRequest,
  SessionIdRequest,
  successCode,
  TaskRequest,
} from '@avatar-bridge/heygen-client';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { maxBody } from '../http/json-body.ts';
import type { GatewayEnv, Parts } from '../parts.ts';
import type { Secret } from '../secret.ts';
import { chatRoute } from './chat-route.ts';
import { Credentials } from './credentials.ts';
import { idleDeadline } from './idle-sweep.ts';
import { avatars, openSessions } from './listings.ts';
import { openSession, started } from './open-session.ts';
import { readBody } from './read.ts';
import { SessionTokens } from './session-tokens.ts';
import { runTask } from './tasks.ts';
import { failureOfEnd, V1Failure, v1FailureOf } from './v1-failure.ts';

export type V1DoorOptions = {
  livekitSecret: Secret;
  /** Origins whose pages may call it from a browser; `*` stands for all. */
  origins: string[];
};

/** HeyGen's Streaming API v1 on top of sessions. V1-DOOR.md says what is the same and what is not. */
export function v1Door(parts: Parts, { livekitSecret, origins }: V1DoorOptions): Hono<GatewayEnv> {
  const { store, keyring, logger } = parts;
  const tokens = new SessionTokens(livekitSecret);
  const credentials = new Credentials(keyring, tokens, store);
  const door = new Hono<GatewayEnv>();
  door.onError((error, c) => {
    const failure = v1FailureOf(error);
    if (failure) return c.json(failure.body(), failure.status as ContentfulStatusCode, failure.headers);
    logger.error({ err: error, requestId: c.var.requestId }, 'a v1 request failed');
    return c.json({ message: 'Internal server error' }, 500);
  });

  const before = [crossOrigin(origins), limit] as const;
  const get = (path: string, answer: (c: Context<GatewayEnv>) => Promise<unknown>): void => {
    door.on(['GET', 'OPTIONS'], path, ...before, async (c) => success(c, await answer(c)));
  };
  const post = (path: string, answer: (c: Context<GatewayEnv>) => Promise<unknown>): void => {
    door.on(['POST', 'OPTIONS'], path, ...before, async (c) => success(c, await answer(c)));
  };
  /** A call that names a session, shows that somebody is there, and answers without data. */
  const command = (path: string, act: (session: Session, signal: AbortSignal) => Promise<unknown>): void =>
    post(path, async (c) => {
      const session = await sessionOf(c, (await readBody(c, SessionIdRequest)).session_id);
      await store.v1Door.setIdleDeadline(session.id, idleDeadline(session));
      await act(session, c.req.raw.signal);
      return null;
    });
  const sessionOf = async (c: Context<GatewayEnv>, uuid: string): Promise<Session> => {
    const session = await credentials.session(await credentials.of(c), uuid);
    if (session.end) throw failureOfEnd(session.end);
    if (session.state === 'stopping') throw V1Failure.of('wrongState');
    return session;
  };

  post(endpoints.createToken, async (c) => {
    const key = await credentials.requireKey(c);
    await readBody(c, CreateTokenRequest);
    return { token: await tokens.issue(Date.now(), key) };
  });
  post(endpoints.newSession, async (c) => {
    const credential = await credentials.of(c);
    if (credential.kind === 'token') await credentials.requireFresh(credential);
    return openSession(parts, credential, await readBody(c, NewSessionRequest), c.req.raw.signal);
  });
  command(endpoints.start, (session, signal) => started(store, session, signal));
  post(endpoints.task, async (c) => {
    const task = await readBody(c, TaskRequest);
    return runTask(parts, await sessionOf(c, task.session_id), task, c.req.raw.signal);
  });
  command(endpoints.interrupt, (session) => store.interrupt(session.id));
  command(endpoints.keepAlive, async () => {});
  command(endpoints.startListening, async () => {});
  command(endpoints.stopListening, async () => {});
  command(endpoints.stop, async (session) => {
    await store.stopSession(session.id, 'asked for over the v1 door');
    await store.v1Door.forgetIdleDeadline(session.id);
  });
  get(endpoints.list, async (c) => {
    await credentials.requireKey(c);
    return { sessions: await openSessions(store) };
  });
  get(endpoints.avatars, async (c) => {
    await credentials.of(c);
    return avatars;
  });
  door.get(endpoints.chat, chatRoute(parts, credentials));
  return door;
}

function success(c: Context<GatewayEnv>, data: unknown): Response {
  return c.json({ code: successCode, data, message: 'success' });
}

const limit = bodyLimit({
  maxSize: maxBody,
  onError: (c) => c.json({ message: `The body must have at most ${maxBody / 1024} kB` }, 413),
});

/** Answers preflights, too. */
function crossOrigin(origins: string[]): MiddlewareHandler {
  return cors({
    origin: origins.includes('*') ? '*' : origins,
    allowMethods: ['GET', 'POST', 'OPTIONS'],
    allowHeaders: ['Authorization', 'Content-Type', 'Accept', 'X-Api-Key'],
    maxAge: 600,
  });
}
