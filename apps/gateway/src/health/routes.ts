import { createRoute, z } from '@hono/zod-openapi';
import type { App, Parts } from '../parts.ts';
import { ProblemError } from '../problems/problem-error.ts';
import { problemContent } from '../problems/send-problem.ts';

const alive = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['health'],
  summary: 'Whether the process lives',
  responses: {
    200: {
      description: 'It does',
      content: { 'application/json': { schema: z.object({ ok: z.literal(true) }) } },
    },
  },
});

const ready = createRoute({
  method: 'get',
  path: '/readyz',
  tags: ['health'],
  summary: 'Whether requests can be served now: asks Redis, each time',
  responses: {
    200: {
      description: 'They can',
      content: { 'application/json': { schema: z.object({ ok: z.literal(true) }) } },
    },
    503: { description: 'They cannot; `errors` says why', content: problemContent },
  },
});

export function addHealthRoutes(app: App, { store, lifecycle }: Parts): void {
  app.openapi(alive, (c) => c.json({ ok: true as const }, 200));
  app.openapi(ready, async (c) => {
    const errors: { field: string; rule: string }[] = [];
    if (lifecycle.stopping) errors.push({ field: 'process', rule: 'is stopping' });
    const redis = await store.ready();
    if (!redis.ok) errors.push({ field: 'redis', rule: redis.detail });
    if (errors.length === 0) return c.json({ ok: true as const }, 200);
    throw new ProblemError('not-ready', 'Send requests to another gateway until this one is ready.', {
      errors,
      headers: { 'retry-after': '1' },
    });
  });
}
