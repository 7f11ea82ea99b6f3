import { randomUUID } from 'node:crypto';
import { Problem, type MessageAccepted, type Session } from '@avatar-bridge/contracts';
import { openSessionStore, type OwnedSession, type SessionStore } from '@avatar-bridge/session-store';
import { pino } from 'pino';
import { expect, inject } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { startGateway, type GatewayOptions } from '../../src/gateway.ts';

export const chatbotKey = 'chatbot-key-of-these-tests-1';
export const operatorKey = 'operator-key-of-these-tests-1';

export type Answer = { status: number; headers: Headers; body: unknown; text: string };
type Call = {
  body?: unknown;
  raw?: string | Blob | ReadableStream;
  headers?: Record<string, string>;
  key?: string | null;
};

export type TestGateway = {
  url: string;
  env: Record<string, string>;
  /** The store of its Redis and account, for what a worker would do. */
  store: SessionStore;
  call(method: string, path: string, call?: Call): Promise<Answer>;
  createSession(request?: object): Promise<Session>;
  post(id: string, text: string): Promise<MessageAccepted>;
  /** Makes this test the session's worker. */
  own(id: string): Promise<OwnedSession>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** The environment of a gateway on the test servers, with an account that nobody else uses. */
export function testEnvironment(overrides: Record<string, string> = {}): Record<string, string> {
  const { stage } = inject('livekit');
  return {
    PORT: '0',
    REDIS_URL: inject('redisUrl'),
    LIVEKIT_URL: stage.url,
    LIVEKIT_API_KEY: stage.apiKey,
    LIVEKIT_API_SECRET: stage.apiSecret,
    BRIDGE_ACCOUNT: `gateway-${randomUUID().slice(0, 8)}`,
    BRIDGE_CHATBOT_KEYS: chatbotKey,
    BRIDGE_OPERATOR_KEYS: operatorKey,
    ...overrides,
  };
}

/** A whole gateway in this process, on the real servers. */
export async function testGateway(
  overrides: Record<string, string> = {},
  listening: GatewayOptions['listening'] = {},
  logger = pino({ level: 'silent' }),
): Promise<TestGateway> {
  const env = testEnvironment(overrides);
  const gateway = await startGateway(readConfig(env).config, { logger, listening });
  const store = await openSessionStore({
    redisUrl: env.REDIS_URL ?? '',
    account: env.BRIDGE_ACCOUNT,
    // Tests of slow readers write more than any network holds for them.
    retention: { eventBytes: 100_000_000 },
  });
  const call = callerOf(gateway.url);
  const close = async (): Promise<void> => {
    await gateway.close(2_000);
    await store.close();
  };
  return {
    url: gateway.url,
    env,
    store,
    call,
    async createSession(request = {}) {
      const { status, body } = await call('POST', '/v1/sessions', { body: request });
      expect(status).toBe(201);
      return body as Session;
    },
    async post(id, text) {
      const { status, body } = await call('POST', `/v1/sessions/${id}/messages`, { body: { text } });
      expect(status).toBe(202);
      return body as MessageAccepted;
    },
    async own(id) {
      const owned = await store.claim(id, { epoch: 1, worker: 'test' });
      await owned.setState({ type: 'session.starting', epoch: 1, worker: 'test' });
      return owned;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

export function callerOf(url: string): TestGateway['call'] {
  return async (method, path, { body, raw, headers = {}, key = chatbotKey } = {}) => {
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
      ...(raw instanceof ReadableStream ? { duplex: 'half' } : {}),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: json && text ? JSON.parse(text) : undefined,
      text,
    };
  };
}

/** Checks that an answer is the problem it should be, and gives it back. */
export function expectProblem(answer: Answer, status: number, code: string): Problem {
  expect(answer).toBeProblem(status, code);
  return Problem.parse(answer.body);
}

expect.extend({
  toBeProblem({ status, headers, body }: Answer, wantedStatus: number, wantedCode: string) {
    const problem = Problem.safeParse(body);
    const actual = {
      answered: status,
      contentType: headers.get('content-type'),
      status: problem.data?.status,
      type: problem.data?.type,
    };
    const type = `urn:avatar-bridge:problem:${wantedCode}`;
    const expected = {
      answered: wantedStatus,
      contentType: 'application/problem+json',
      status: wantedStatus,
      type,
    };
    return {
      pass: this.equals(actual, expected),
      message: () => 'The answer is another one',
      actual: problem.data ?? actual,
      expected,
    };
  },
});

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>> {
    toBeProblem(status: number, code: string): R;
  }
}
