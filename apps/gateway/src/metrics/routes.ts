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
    const [queue, usage] = await Promise.all([store.queue.exportPrometheusMetrics(), store.usage()]).catch(
      (error: unknown) => {
        logger.debug({ err: error }, 'metrics of the account are not available');
        return ['', undefined] as const;
      },
    );
    if (usage) metrics.usage(usage);
    return c.text(`${await metrics.text()}${queue && `${queue}\n`}`, 200, {
      'content-type': metrics.contentType,
    });
  });
}
