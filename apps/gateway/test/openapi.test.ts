import { afterAll, beforeAll, expect, test } from 'vitest';
import { testGateway, type TestGateway } from './support/gateway.ts';

type Described = {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      {
        security?: unknown;
        responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
        parameters?: { name: string }[];
      }
    >
  >;
  components: { schemas: Record<string, unknown>; securitySchemes: object };
};

let gateway: TestGateway;
let document: Described;
beforeAll(async () => {
  gateway = await testGateway();
  document = (await gateway.call('GET', '/openapi.json', { key: null })).body as Described;
});
afterAll(() => gateway.close());

test('every route of the API is described', () => {
  expect(document.openapi).toBe('3.1.0');
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.toSorted()).toEqual(
    [
      'POST /v1/sessions',
      'POST /v1/sessions/{id}/restart',
      'GET /v1/sessions',
      'GET /v1/sessions/{id}',
      'DELETE /v1/sessions/{id}',
      'POST /v1/sessions/{id}/messages',
      'GET /v1/sessions/{id}/messages',
      'GET /v1/sessions/{id}/messages/{messageId}',
      'DELETE /v1/sessions/{id}/messages/{messageId}',
      'POST /v1/sessions/{id}/interrupt',
      'GET /v1/sessions/{id}/events',
      'GET /v1/sessions/{id}/socket',
      'POST /v1/sessions/{id}/viewers',
      'GET /v1/usage',
      'GET /healthz',
      'GET /readyz',
      'GET /metrics',
    ].toSorted(),
  );
});

test('every route of the API needs a key and answers errors as problems; schemas are named and referred to', () => {
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  for (const [path, methods] of Object.entries(document.paths)) {
    if (!path.startsWith('/v1/')) continue;
    for (const { security, responses } of Object.values(methods)) {
      expect(security).toEqual([{ key: [] }]);
      for (const status of ['401', '403', '503']) expect(responses[status]?.content).toEqual(problem);
    }
  }
  for (const path of ['/v1/sessions', '/v1/sessions/{id}/restart'])
    expect(document.paths[path]?.post?.responses['429']).toMatchObject({
      description: expect.stringContaining('no-slot'),
      content: problem,
    });
  const post = document.paths['/v1/sessions/{id}/messages']?.post;
  expect(Object.keys(post?.responses ?? {})).toEqual([
    '202',
    '400',
    '401',
    '403',
    '404',
    '409',
    '413',
    '415',
    '422',
    '429',
    '503',
  ]);
  expect(post?.parameters?.map(({ name }) => name)).toContain('Idempotency-Key');
  expect(Object.keys(document.components.schemas)).toEqual(
    expect.arrayContaining(['Session', 'Message', 'MessageRequest', 'Problem', 'SessionEvent']),
  );
});
