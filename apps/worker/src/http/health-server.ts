import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from '../metrics.ts';

export type HealthServerOptions = {
  host: string;
  /** 0: a free one. */
  port: number;
  metrics: Metrics;
  ready: () => Promise<{ ok: boolean; detail: string }>;
};

export type HealthServer = { url: string; close: () => Promise<void> };

type Answer = { status: number; type?: string; body: string };

/**
 * `/healthz`: the process runs. `/readyz`: it can lease sessions and keep them, asked of Redis at that moment; 503 if not.
 * `/metrics`: for Prometheus.
 */
export async function startHealthServer({
  host,
  port,
  metrics,
  ready,
}: HealthServerOptions): Promise<HealthServer> {
  const answer = async (path: string): Promise<Answer> => {
    switch (path) {
      case '/healthz':
        return json(200, { ok: true });
      case '/readyz': {
        const { ok, detail } = await ready();
        return json(ok ? 200 : 503, { ok, detail });
      }
      case '/metrics':
        return { status: 200, type: metrics.contentType, body: await metrics.text() };
      default:
        return json(404, { ok: false, detail: 'There is /healthz, /readyz and /metrics' });
    }
  };

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://worker').pathname;
    answer(path)
      .catch((error: unknown) =>
        json(500, { ok: false, detail: error instanceof Error ? error.message : 'unknown error' }),
      )
      .then(({ status, type = 'application/json', body }) =>
        response.writeHead(status, { 'content-type': type }).end(body),
      )
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
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

function json(status: number, body: object): Answer {
  return { status, body: JSON.stringify(body) };
}
