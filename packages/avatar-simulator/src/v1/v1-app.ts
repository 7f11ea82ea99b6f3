import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { audioSocketRoute } from '../realtime/audio-socket-route.ts';
import { VendorFailure } from './http/vendor-failure.ts';
import type { Account, RequestContext } from './routes/account.ts';
import { chatRoute } from './routes/chat-route.ts';
import { knowledgeBaseRoutes } from './routes/knowledge-base-routes.ts';
import { listingRoutes } from './routes/listing-routes.ts';
import { realtimePath, sessionRoutes } from './routes/session-routes.ts';

/** What v1 answers since it was switched off. Only the status and the word are known. */
const sunsetAnswer = {
  data: null,
  error: { code: 'endpoint_sunset', message: 'This endpoint has been sunset. Use LiveAvatar instead.' },
};

/** HeyGen's Streaming API v1. */
export function v1App(account: Account): Hono<RequestContext> {
  const app = new Hono<RequestContext>();
  app.onError((error, c) => {
    if (error instanceof VendorFailure) return c.json(error.body(), error.status as ContentfulStatusCode);
    account.logger.error({ err: error, path: c.req.path }, 'A request failed');
    return c.json({ message: 'Internal server error' }, 500);
  });
  app.use(async (c, next) => {
    const streaming = /^\/v[12]\/(?:ws\/)?streaming[./]/.test(c.req.path);
    if (streaming && account.switches.values.sunset === 'on') return c.json(sunsetAnswer, 410);
    return next();
  });
  app.route('/', sessionRoutes(account));
  app.route('/', listingRoutes(account));
  app.route('/', knowledgeBaseRoutes(account));
  app.route('/', chatRoute(account));
  app.route(
    '/',
    audioSocketRoute({
      path: realtimePath,
      find: (id) => {
        const session = account.sessions.find(id);
        return session?.state.name === 'closed' ? undefined : session?.audio;
      },
      notFound: VendorFailure.of('wrongState').body(),
      switches: account.switches,
    }),
  );
  return app;
}
