import {
  ContextRequest,
  endpoints,
  PageQuery,
  VoiceListQuery,
} from '@avatar-bridge/heygen-client/liveavatar';
import { Hono } from 'hono';
import { findAvatar, languages, ownAvatars, publicAvatars, voices } from '../catalogue.ts';
import { pageOf, success } from '../http/envelope.ts';
import { LiveAvatarFailure } from '../http/failure.ts';
import { readBody, readQuery } from '../http/read-request.ts';
import type { LiveAvatarAccount } from '../liveavatar-account.ts';

/** What the account has: avatars, voices, contexts, languages, credits. */
export function catalogueRoutes({ contexts, credentials, credits }: LiveAvatarAccount): Hono {
  const routes = new Hono();

  routes.get(endpoints.publicAvatars, (c) =>
    c.json(success(pageOf(publicAvatars, c.req.url, readQuery(c, PageQuery)))),
  );
  routes.get(endpoints.avatars, (c) => {
    credentials.requireKey(c);
    return c.json(success(pageOf(ownAvatars, c.req.url, readQuery(c, PageQuery))));
  });
  routes.get(`${endpoints.avatars}/:id`, (c) => {
    credentials.requireKey(c);
    const avatar = findAvatar(c.req.param('id'));
    if (!avatar) throw LiveAvatarFailure.from({ status: 404, message: 'Avatar not found' });
    return c.json(success(avatar));
  });

  routes.get(endpoints.voices, (c) => {
    credentials.requireKey(c);
    const query = readQuery(c, VoiceListQuery);
    return c.json(success(pageOf(query.voice_type === 'private' ? [] : voices, c.req.url, query)));
  });
  routes.get(`${endpoints.voices}/:id`, (c) => {
    credentials.requireKey(c);
    const voice = voices.find(({ id }) => id === c.req.param('id'));
    if (!voice) throw LiveAvatarFailure.of('voiceNotFound');
    return c.json(success(voice));
  });

  routes.get(endpoints.contexts, (c) => {
    credentials.requireKey(c);
    const names = contexts.list().map(({ id, name }) => ({ id, name }));
    return c.json(success(pageOf(names, c.req.url, readQuery(c, PageQuery))));
  });
  routes.post(endpoints.contexts, async (c) => {
    credentials.requireKey(c);
    return c.json(success(contexts.create(await readBody(c, ContextRequest))));
  });
  routes.get(`${endpoints.contexts}/:id`, (c) => {
    credentials.requireKey(c);
    return c.json(success(contexts.require(c.req.param('id'))));
  });
  // Two applications use PATCH, one PUT.
  routes.on(['PATCH', 'PUT'], `${endpoints.contexts}/:id`, async (c) => {
    credentials.requireKey(c);
    return c.json(success(contexts.update(c.req.param('id'), await readBody(c, ContextRequest))));
  });
  routes.delete(`${endpoints.contexts}/:id`, (c) => {
    credentials.requireKey(c);
    contexts.delete(c.req.param('id'));
    return c.json(success(null));
  });

  routes.get(endpoints.languages, (c) => c.json(success(languages)));
  routes.get(endpoints.credits, (c) => {
    credentials.requireKey(c);
    return c.json(success({ credits_left: credits.left.toFixed(2) }));
  });

  return routes;
}
