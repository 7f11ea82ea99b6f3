import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { audioSocketRoute } from '../realtime/audio-socket-route.ts';
import { LiveAvatarFailure } from './http/failure.ts';
import type { LiveAvatarAccount } from './liveavatar-account.ts';
import { catalogueRoutes } from './routes/catalogue-routes.ts';
import { LiteChannel } from './session/lite-channel.ts';
import { historyRoutes } from './routes/history-routes.ts';
import { sessionRoutes, socketPath } from './routes/session-routes.ts';

/** LiveAvatar's REST API. */
export function liveAvatarApp(account: LiveAvatarAccount): Hono {
  const app = new Hono();
  app.onError((error, c) => {
    if (error instanceof LiveAvatarFailure) return c.json(error.body, error.status as ContentfulStatusCode);
    account.logger.error({ err: error, path: c.req.path }, 'A request failed');
    return c.json({ code: 5_000, data: null, message: 'Internal server error' }, 500);
  });
  app.route(
    '/',
    audioSocketRoute({
      path: socketPath,
      find: (key) => {
        const channel = account.sessions.bySocketKey(key)?.channel;
        return channel instanceof LiteChannel ? channel.audio : undefined;
      },
      notFound: LiveAvatarFailure.of('sessionNotFound').body,
      switches: account.switches,
    }),
  );
  app.route('/', sessionRoutes(account));
  app.route('/', historyRoutes(account));
  app.route('/', catalogueRoutes(account));
  return app;
}
