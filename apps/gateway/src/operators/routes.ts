import { serveStatic } from '@hono/node-server/serve-static';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { HonoAdapter } from '@bull-board/hono';
import { Hono } from 'hono';
import { authenticate } from '../auth/authenticate.ts';
import { securityHeaders } from '../pages/security-headers.ts';
import type { App, GatewayEnv, Parts } from '../parts.ts';
import { ProblemError } from '../problems/problem-error.ts';
import { MailboxAdapter } from './mailbox-adapter.ts';
import { withoutRemoteLinks } from './without-remote-links.ts';

const base = '/operators/queues';
/** Mailboxes on the board: those of the newest sessions, so that its polling stays cheap however many there are. */
const maxMailboxes = 50;

/** The operators' pages: for now bull-board, with the lease queue and the mailboxes of sessions, to look at only. */
export function addOperatorRoutes(app: App, parts: Parts): void {
  const { store } = parts;
  const server = new HonoAdapter(serveStatic);
  server.setBasePath(base);
  const leases = new BullMQAdapter(store.queue, {
    readOnlyMode: true,
    displayName: 'sessions',
    description: 'One job for each session that has not ended; active ones have a worker',
  });
  const board = createBullBoard({
    queues: [leases],
    serverAdapter: server,
    options: { uiConfig: { boardTitle: 'avatar-bridge' } },
  });

  app.use('/operators/*', authenticate(parts, 'operator'));
  app.get('/operators', (c) => c.redirect(base));
  // An app of its own: the board's many routes would keep ours off Hono's fast router.
  const pages = new Hono<GatewayEnv>().basePath(base);
  pages.onError((error) => {
    throw error;
  });
  pages.notFound(() => {
    throw new ProblemError('not-found', 'Begin at /operators.');
  });
  pages.use(securityHeaders({ styles: "'unsafe-inline'" }), withoutRemoteLinks);
  pages.use('/api/*', async (_c, next) => {
    const { sessions } = await store.listSessions({ limit: maxMailboxes });
    board.replaceQueues([
      leases,
      ...sessions.map((session) => new MailboxAdapter(session, store.mailboxAsQueue(session.id))),
    ]);
    await next();
  });
  pages.route('/', server.registerPlugin());
  app.all(base, (c) => pages.fetch(c.req.raw, c.env));
  app.all(`${base}/*`, (c) => pages.fetch(c.req.raw, c.env));
}
