import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { adminRoutes } from './admin/admin-routes.ts';
import { faultGate } from './faults/fault-gate.ts';
import { loopbackCors } from './http/cors.ts';
import { noteRequests } from './http/request-log.ts';
import { VendorFailure } from './v1/http/vendor-failure.ts';
import type { Account, RequestContext } from './v1/routes/account.ts';
import { chatRoute } from './v1/routes/chat-route.ts';
import { knowledgeBaseRoutes } from './v1/routes/knowledge-base-routes.ts';
import { listingRoutes } from './v1/routes/listing-routes.ts';
import { sessionRoutes } from './v1/routes/session-routes.ts';

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
  vendor.onError((error, c) => {
    if (error instanceof VendorFailure) return c.json(error.body(), error.status as ContentfulStatusCode);
    account.logger.error({ err: error, path: c.req.path }, 'A request failed');
    return c.json({ message: 'Internal server error' }, 500);
  });
  vendor.use(
    noteRequests(account.requests),
    loopbackCors(),
    bodyLimit({
      maxSize: maxBodySize,
      onError: (c) => c.json({ message: 'Request entity too large' }, 413),
    }),
    faultGate(account.faults),
  );
  vendor.route('/', sessionRoutes(account));
  vendor.route('/', listingRoutes(account));
  vendor.route('/', knowledgeBaseRoutes(account));
  vendor.route('/', chatRoute(account));
  vendor.all('*', (c) => c.json({ message: 'Not found' }, 404));
  return vendor;
}
