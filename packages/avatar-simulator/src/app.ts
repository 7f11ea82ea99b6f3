import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { adminRoutes } from './admin/admin-routes.ts';
import { faultGate } from './faults/fault-gate.ts';
import { isV1Path } from './faults/paths.ts';
import { loopbackCors } from './http/cors.ts';
import { noteRequests, type RequestLog } from './http/request-log.ts';
import type { LiveAvatarAccount } from './liveavatar/liveavatar-account.ts';
import { liveAvatarApp } from './liveavatar/liveavatar-app.ts';
import { modelApp } from './model/chat-completions.ts';
import type { Account, RequestContext } from './v1/routes/account.ts';
import { v1App } from './v1/v1-app.ts';

const maxBodySize = 1_000_000;

/** The two APIs of one double. */
export type Apis = { v1: Account; liveAvatar: LiveAvatarAccount; requests: RequestLog };

/** The endpoints of both vendor APIs, of the language model and of the admin API, as one application. */
export function buildApp(apis: Apis): Hono {
  const app = new Hono();
  app.route('/admin', adminRoutes(apis));
  app.route('/model', modelApp());
  app.route('/', vendorApp(apis));
  return app;
}

function vendorApp({ v1, liveAvatar, requests }: Apis): Hono<RequestContext> {
  const vendor = new Hono<RequestContext>();
  vendor.use(
    noteRequests(requests),
    loopbackCors(),
    bodyLimit({ maxSize: maxBodySize }),
    faultGate(v1.faults),
  );
  vendor.route('/', v1App(v1));
  vendor.route('/', liveAvatarApp(liveAvatar));
  vendor.all('*', (c) =>
    c.json(isV1Path(c.req.path) ? { message: 'Not found' } : { detail: 'Not Found' }, 404),
  );
  return vendor;
}
