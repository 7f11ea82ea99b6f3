import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Metrics } from '../metrics.ts';

export type HealthServerOptions = {
  host: string;
  /** 0: a free one. */
  port: number;
  metrics: Metrics;
  ready: () => Promise<{ ok: boolean; detail: string }>;
};

export type HealthServer = { url: string; close: () => Promise<void> };

/**
 * `/healthz`: the process runs. `/readyz`: it can lease sessions and keep them, asked of Redis at that moment; 503 if
 * not. `/metrics`: for Prometheus. Whatever else is sent is answered with 400 or 404.
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { host, port } = options;
  const server = createAdaptorServer({ fetch: healthApp(options).fetch }) as Server;
  server.listen({ host, port });
  await once(server, 'listening');
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function healthApp({ metrics, ready }: HealthServerOptions): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.json({ ok: true }));
  app.get('/readyz', async (c) => {
    const { ok, detail } = await ready();
    return c.json({ ok, detail }, ok ? 200 : 503);
  });
  app.get('/metrics', async (c) =>
    c.text(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  );
  app.notFound((c) => c.json({ ok: false, detail: 'There is /healthz, /readyz and /metrics' }, 404));
  app.onError((error, c) => c.json({ ok: false, detail: error.message }, 500));
  return app;
}
