import { endpoints, type HistorySession, type ListedSession } from '@avatar-bridge/heygen-client';
import { Hono } from 'hono';
import { z } from 'zod';
import { listAvatars, voices } from '../catalogue.ts';
import { now } from '../../clock.ts';
import { success } from '../http/envelope.ts';
import { check } from '../http/read-body.ts';
import type { VendorSession } from '../session/vendor-session.ts';
import type { Account, RequestContext } from './account.ts';

const Page = z.object({
  page: z.coerce.number().int().min(1).default(1),
  page_size: z.coerce.number().int().min(1).max(100).default(10),
  next_pagination_token: z.string().regex(/^\d+$/, 'is not one of ours').optional(),
  status: z.string().optional(),
  date_from: z.string().optional(),
  date_to: z.string().optional(),
});

/** What the account has: sessions open and past, avatars, voices. */
export function listingRoutes({ credentials, sessions, switches }: Account): Hono<RequestContext> {
  const routes = new Hono<RequestContext>();
  const createdAt = (ms: number): number =>
    switches.values.createdAtUnit === 'seconds' ? Math.floor(ms / 1_000) : Math.floor(ms);

  routes.get(endpoints.list, (c) => {
    credentials.require(c);
    const open: ListedSession[] = sessions.listOpen().map((session) => ({
      session_id: session.id,
      status: session.state.name,
      created_at: createdAt(session.state.openedAt),
    }));
    return c.json(success({ sessions: open }, switches.values));
  });

  routes.get(endpoints.history, (c) => {
    credentials.require(c);
    const query = check(Page, c.req.query());
    const inRange = (session: VendorSession): boolean =>
      (query.status === undefined || session.state.name === query.status) &&
      session.state.openedAt >= epoch(query.date_from, -Infinity) &&
      session.state.openedAt <= epoch(query.date_to, Infinity);
    const all = sessions
      .listAll()
      .filter(inRange)
      .toSorted((a, b) => b.state.openedAt - a.state.openedAt);
    const from =
      query.next_pagination_token === undefined
        ? (query.page - 1) * query.page_size
        : Number(query.next_pagination_token);
    const until = from + query.page_size;
    const data: HistorySession[] = all.slice(from, until).map((session) => ({
      session_id: session.id,
      status: session.state.name,
      created_at: createdAt(session.state.openedAt),
      api_key_type: 'paid',
      duration: Math.round(
        ((session.state.name === 'closed' ? session.state.closedAt : now()) - session.state.openedAt) / 1_000,
      ),
      avatar_id: session.avatarId,
      voice_name: (voices.find(({ voice_id: id }) => id === session.request.voice?.voice_id) ?? voices[0]!)
        .name,
    }));
    return c.json({
      total: all.length,
      page: query.page,
      page_size: query.page_size,
      next_pagination_token: until < all.length ? String(until) : null,
      data,
    });
  });

  routes.get(endpoints.avatars, (c) => {
    credentials.require(c);
    return c.json(success(listAvatars(), switches.values));
  });

  routes.get('/v2/voices', (c) => {
    credentials.require(c);
    return c.json({ error: null, data: { voices } });
  });

  return routes;
}

/** A date, or epoch seconds, as epoch ms. */
function epoch(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text);
  return Number.isNaN(ms) ? otherwise : ms;
}
