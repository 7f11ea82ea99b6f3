import { createRoute, z } from '@hono/zod-openapi';
import type { App, Parts } from '../parts.ts';

const readMetrics = createRoute({
  method: 'get',
  path: '/metrics',
  tags: ['health'],
  summary: 'Numbers for Prometheus',
  responses: {
    200: { description: 'Prometheus text format', content: { 'text/plain': { schema: z.string() } } },
  },
});

/** The gateway's own metrics; with those of the lease queue as long as Redis answers. */
export function addMetricsRoutes(app: App, { metrics, store, logger }: Parts): void {
  app.openapi(readMetrics, async (c) => {
    const queue = await store.queue.exportPrometheusMetrics().catch((error: unknown) => {
      logger.debug({ err: error }, 'queue metrics are not available');
      return '';
    });
    return c.text(`${await metrics.text()}${queue && `${queue}\n`}`, 200, {
      'content-type': metrics.contentType,
    });
  });
}
