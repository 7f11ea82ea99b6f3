import { OpenAPIHono } from '@hono/zod-openapi';
import { authenticate } from './auth/authenticate.ts';
import { addEventRoutes } from './events/routes.ts';
import { addHealthRoutes } from './health/routes.ts';
import { observe } from './http/observe.ts';
import { refuseBadInput } from './http/refuse-bad-input.ts';
import { addMessageRoutes } from './messages/routes.ts';
import { addMetricsRoutes } from './metrics/routes.ts';
import { addOpenApi } from './openapi.ts';
import { addOperatorRoutes } from './operators/routes.ts';
import { addPageRoutes } from './pages/routes.ts';
import type { App, GatewayEnv, Parts } from './parts.ts';
import { answerError } from './problems/answer-error.ts';
import { answerNotFound } from './problems/not-found.ts';
import { addRestartRoute } from './sessions/restart.ts';
import { addSessionRoutes } from './sessions/routes.ts';
import { addUsageRoute } from './usage/routes.ts';
import { addSocketRoutes } from './socket/routes.ts';
import { v1Door, type V1DoorOptions } from './v1-door/routes.ts';
import { addViewerRoutes } from './viewers/routes.ts';

/**
 * The gateway's routes over the given parts; with `door` those of HeyGen's v1, too. Does nothing until it is
 * asked.
 */
export function createApp(parts: Parts, door?: V1DoorOptions): App {
  const app: App = new OpenAPIHono<GatewayEnv>({ defaultHook: refuseBadInput });
  app.onError(answerError(parts));
  app.use(observe(parts));
  if (door) app.route('/', v1Door(parts, door));
  app.use('/v1/*', authenticate(parts, 'chatbot'));
  addSessionRoutes(app, parts);
  addRestartRoute(app, parts);
  addMessageRoutes(app, parts);
  addEventRoutes(app, parts);
  addSocketRoutes(app, parts);
  addViewerRoutes(app, parts);
  addOperatorRoutes(app, parts);
  addHealthRoutes(app, parts);
  addUsageRoute(app, parts);
  addMetricsRoutes(app, parts);
  addPageRoutes(app, parts);
  addOpenApi(app);
  app.notFound(answerNotFound(app));
  return app;
}
