import { createRoute } from '@hono/zod-openapi';
import { Usage } from '@avatar-bridge/contracts';
import type { App, Parts } from '../parts.ts';
import { problemResponses } from '../problems/responses.ts';

const getUsage = createRoute({
  method: 'get',
  path: '/v1/usage',
  tags: ['usage'],
  security: [{ key: [] }],
  summary: 'How long vendor sessions have been open: those of your own sessions, or, for an operator, all',
  responses: {
    200: {
      description: 'Billable seconds',
      content: { 'application/json': { schema: Usage.meta({ id: 'Usage' }) } },
    },
    ...problemResponses(),
  },
});

export function addUsageRoute(app: App, { store }: Pick<Parts, 'store'>): void {
  app.openapi(getUsage, async (c) => {
    const usage = await store.usage();
    const { key, role } = c.var.credential;
    if (role === 'operator') return c.json(usage, 200);
    const billableSeconds = usage.keys.find((one) => one.key === key)?.billableSeconds ?? 0;
    return c.json({ billableSeconds, keys: key === undefined ? [] : [{ key, billableSeconds }] }, 200);
  });
}
