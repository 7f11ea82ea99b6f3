import {
  endpoints,
  ListQuery,
  TranscriptQuery,
  type ListedSession,
  type TranscriptEntry,
} from '@avatar-bridge/heygen-client/liveavatar';
import { Hono } from 'hono';
import { now } from '../../clock.ts';
import { pageOf, success } from '../http/envelope.ts';
import { LiveAvatarFailure } from '../http/failure.ts';
import { readQuery } from '../http/read-request.ts';
import type { LiveAvatarAccount } from '../liveavatar-account.ts';
import { FullChannel } from '../session/full-channel.ts';
import type { LiveAvatarSession } from '../session/liveavatar-session.ts';

/** What became of sessions: lists, one of them, its transcript. */
export function historyRoutes({ credentials, sessions }: LiveAvatarAccount): Hono {
  const routes = new Hono();

  routes.get(endpoints.sessions, (c) => {
    credentials.requireKey(c);
    const query = readQuery(c, ListQuery);
    const listed = query.type === 'active' ? sessions.listRunning() : endedSessions();
    const matching = listed
      .filter(({ settings }) => query.avatar_id === undefined || settings.avatarId === query.avatar_id)
      .filter(({ settings }) => query.context_id === undefined || settings.contextId === query.context_id)
      .filter(() => query.embed_id === undefined)
      .toSorted((a, b) => b.state.openedAt - a.state.openedAt);
    return c.json(success(pageOf(matching.map(viewOf), c.req.url, query)));
  });

  const endedSessions = (): LiveAvatarSession[] =>
    sessions.listAll().filter(({ state }) => state.name === 'closed' && state.startedAt !== undefined);

  routes.delete(endpoints.sessions, () => {
    throw LiveAvatarFailure.detail(405, 'Method Not Allowed');
  });

  routes.get(`${endpoints.sessions}/:id`, (c) => {
    credentials.requireKey(c);
    return c.json(success(viewOf(sessions.require(c.req.param('id')))));
  });

  routes.get(`${endpoints.sessions}/:id/transcript`, async (c) => {
    const session = sessions.require(await credentials.sessionOf(c, c.req.param('id')));
    const { start_timestamp: from = 0, end_timestamp: until = Infinity } = readQuery(c, TranscriptQuery);
    const lines = session.channel instanceof FullChannel ? session.channel.transcript.list() : [];
    const data: TranscriptEntry[] = lines
      .map(({ role, text, at }) => ({
        role,
        transcript: text,
        absolute_timestamp: Math.floor(at),
        relative_timestamp: Math.floor(at - session.state.openedAt),
      }))
      .filter(({ absolute_timestamp: at }) => at >= from && at <= until);
    const last = data.at(-1)?.absolute_timestamp;
    return c.json(
      success({
        session_active: session.state.name !== 'closed',
        next_timestamp: last === undefined ? null : last + 1,
        transcript_data: data,
      }),
    );
  });

  routes.delete(`${endpoints.sessions}/:id/events`, async (c) => {
    const session = sessions.require(await credentials.sessionOf(c, c.req.param('id')));
    if (session.channel instanceof FullChannel) session.channel.transcript.clear();
    return c.json(success(null));
  });

  return routes;
}

function viewOf(session: LiveAvatarSession): ListedSession {
  const { state, settings } = session;
  const end = state.name === 'closed' ? state.closedAt : now();
  return {
    id: session.id,
    created_at: new Date(state.openedAt).toISOString(),
    updated_at: new Date(end).toISOString(),
    duration: Math.round((end - state.openedAt) / 1_000),
    source: 'API',
    mode: settings.mode,
    is_sandbox: settings.sandbox,
    credits_consumed: session.creditsConsumed,
    ...(state.name === 'closed' && {
      end_at: new Date(end).toISOString(),
      end_reason: session.endReason,
    }),
  };
}
