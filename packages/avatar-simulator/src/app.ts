import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { adminRoutes } from './admin/admin-routes.ts';
import { faultGate } from './faults/fault-gate.ts';
import { loopbackCors } from './http/cors.ts';
import { noteRequests } from './http/request-log.ts';
import type { Account, RequestContext } from './v1/routes/account.ts';
import { v1App } from './v1/v1-app.ts';

const maxBodySize = 1_000_000;

/** The vendor's endpoints and the admin API, as one application. */
export function buildApp(account: Account): Hono {
  const app = new Hono();
  app.route('/admin', adminRoutes(account));
  app.route('/', vendorApp(account));
  return app;
}

function vendorApp(account: Account): Hono<RequestContext> {
  const vendor = new Hono<RequestContext>();
  vendor.use(
    noteRequests(account.requests),
    loopbackCors(),
    bodyLimit({ maxSize: maxBodySize }),
    faultGate(account.faults),
  );
  vendor.route('/', v1App(account));
  vendor.all('*', (c) => c.json({ message: 'Not found' }, 404));
  return vendor;
}
