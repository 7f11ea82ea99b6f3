import { request } from 'node:http';
import { connect } from 'node:net';
import { Problem } from '@avatar-bridge/contracts';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chatbotKey, expectProblem, testGateway, type TestGateway } from './support/gateway.ts';

let gateway: TestGateway;
let messages: string;
const logged: string[] = [];
beforeAll(async () => {
  gateway = await testGateway(
    {},
    {},
    pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) }),
  );
  messages = `/v1/sessions/${(await gateway.createSession()).id}/messages`;
});
afterAll(() => gateway.close());

const json = { 'content-type': 'application/json' };
const fieldsOf = (problem: Problem): string[] => (problem.errors ?? []).map(({ field }) => field).toSorted();

describe('bodies', () => {
  test.each([
    ['no text', {}, ['text']],
    ['an empty text', { text: '' }, ['text']],
    ['a text of nothing that can be said', { text: '\u200b\u200d \u0000\ufeff' }, ['text']],
    ['a text of spaces', { text: '   \n' }, ['text']],
    ['a text of the wrong type', { text: 42 }, ['text']],
    ['a text that is too long', { text: 'a'.repeat(10_001) }, ['text']],
    ['a question that is too long', { text: 'a'.repeat(1_001), mode: 'talk' }, ['text']],
    ['an unknown mode', { text: 'Hello.', mode: 'sing' }, ['mode']],
    ['an unknown field', { text: 'Hello.', volume: 11 }, ['volume']],
    ['a list', [], ['body']],
    ['nothing but null', null, ['body']],
    [
      'several faults at once',
      { mode: 1, expiresAfter: -1, x: 1, y: 2 },
      ['expiresAfter', 'mode', 'text', 'x', 'y'],
    ],
  ])('%s is refused, naming the field and the rule', async (_name, body, fields) => {
    const problem = expectProblem(await gateway.call('POST', messages, { body }), 400, 'bad-request');
    expect(fieldsOf(problem)).toEqual(fields);
    expect(problem.errors?.every(({ rule }) => rule.length > 3)).toBe(true);
  });

  test('a nested field is named by its path, and a bad key beside a bad body', async () => {
    const body = {
      avatar: { voice: { rate: 9, pitch: 1 }, language: 'English' },
      room: 'no spaces',
      metadata: { a: 1 },
    };
    const answer = await gateway.call('POST', '/v1/sessions', {
      body,
      headers: { 'idempotency-key': 'x'.repeat(129) },
    });
    expect(fieldsOf(expectProblem(answer, 400, 'bad-request'))).toEqual(
      [
        'Idempotency-Key',
        'avatar.language',
        'avatar.voice.pitch',
        'avatar.voice.rate',
        'metadata.a',
        'room',
      ].toSorted(),
    );
  });

  test.each(['{"text": ', 'hello', '', '{"text": "\u0001"}'])('%j is not JSON', async (raw) => {
    const answer = await gateway.call('POST', messages, { raw: new Blob([raw || ' ']), headers: json });
    expect(answer).toBeProblem(400, 'not-json');
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'multipart/form-data; boundary=x',
  ])('%s is the wrong content type', async (type) => {
    const answer = await gateway.call('POST', messages, {
      raw: '{"text":"Hello."}',
      headers: { 'content-type': type },
    });
    expect(answer).toBeProblem(415, 'unsupported-media-type');
  });

  test('a body without a content type is refused, one with a charset is taken', async () => {
    const raw = new Blob(['{"text":"Hello."}']);
    expect(await gateway.call('POST', messages, { raw })).toBeProblem(415, 'unsupported-media-type');
    expect(
      (
        await gateway.call('POST', messages, {
          raw,
          headers: { 'content-type': 'application/json; charset=utf-8' },
        })
      ).status,
    ).toBe(202);
  });

  test.each(['', 'x'.repeat(129), 'with é'])('the Idempotency-Key %j is refused', async (key) => {
    const headers = { 'idempotency-key': key };
    const problem = expectProblem(
      await gateway.call('POST', messages, { body: { text: 'Hello.' }, headers }),
      400,
      'bad-request',
    );
    expect(fieldsOf(problem)).toEqual(['Idempotency-Key']);
  });

  test('a body over 64 kB is refused by its announced length, before it is sent', async () => {
    const { hostname, port } = new URL(gateway.url);
    const headers = { ...json, authorization: `Bearer ${chatbotKey}`, 'content-length': '70000000' };
    const status = await new Promise((resolve, reject) => {
      const asked = request({ hostname, port, path: messages, method: 'POST', headers }, (response) => {
        resolve(response.statusCode);
        asked.destroy();
      });
      asked.on('error', reject);
      asked.write('{"text":"');
    });
    expect(status).toBe(413);
  });

  test('a body of unannounced length is refused as soon as it is over 64 kB', async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 16_384;
        if (sent > 16 * 1024 * 1024) controller.close();
        else controller.enqueue(new Uint8Array(16_384).fill(32));
      },
    });
    const answer = await gateway.call('POST', messages, { raw: endless, headers: json });
    expect(answer).toBeProblem(413, 'too-large');
    const small = new Blob(['{"text":"Hello."}']).stream();
    expect((await gateway.call('POST', messages, { raw: small, headers: json })).status).toBe(202);
  });
});

describe('queries', () => {
  test.each([
    ['/v1/sessions?state=asleep', ['state']],
    ['/v1/sessions?limit=0&state=live&state=live', ['limit', 'state']],
    ['/v1/sessions?limit=many', ['limit']],
    ['SESSION/messages?after=-1&limit=5000', ['after', 'limit']],
    ['SESSION/events?after=yesterday', ['after']],
    ['SESSION/socket?after=yesterday', ['after']],
  ])('%s is refused, naming the parameters', async (path, fields) => {
    const problem = expectProblem(
      await gateway.call('GET', path.replace('SESSION', messages.replace('/messages', ''))),
      400,
      'bad-request',
    );
    expect(fieldsOf(problem)).toEqual(fields);
  });

  test('a cursor of nobody is refused or finds nothing, and breaks nothing', async () => {
    expect((await gateway.call('GET', '/v1/sessions?cursor=%F0%9F%98%80')).status).toBeLessThan(500);
  });

  test('a Last-Event-ID that is none is refused', async () => {
    const answer = await gateway.call('GET', messages.replace('messages', 'events'), {
      headers: { 'last-event-id': 'x' },
    });
    expect(fieldsOf(expectProblem(answer, 400, 'bad-request'))).toEqual(['Last-Event-ID']);
  });
});

describe('routes', () => {
  test('an unknown path answers 404', async () => {
    expect(await gateway.call('GET', '/v2/sessions')).toBeProblem(404, 'not-found');
    expect(await gateway.call('GET', '/v1/session')).toBeProblem(404, 'not-found');
    expect(await gateway.call('GET', '/assets/nothing.js')).toBeProblem(404, 'not-found');
    expect(await gateway.call('GET', '/assets/..%2f..%2fpackage.json')).toBeProblem(404, 'not-found');
  });

  test('a method that a path does not have answers 405 and names those it has', async () => {
    const answer = await gateway.call('PUT', '/v1/sessions');
    expect(answer).toBeProblem(405, 'method-not-allowed');
    expect(answer.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'POST']);
    expect(await gateway.call('DELETE', '/healthz')).toBeProblem(405, 'method-not-allowed');
    expect(await gateway.call('POST', messages.replace('messages', 'events'))).toBeProblem(
      405,
      'method-not-allowed',
    );
  });

  test('the socket without an upgrade answers 426', async () => {
    const answer = await gateway.call('GET', messages.replace('messages', 'socket'));
    expect(answer).toBeProblem(426, 'upgrade-required');
    expect(answer.headers.get('upgrade')).toBe('websocket');
  });

  test.each([
    'GARBAGE\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: \r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
    `GET /?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  ])('what is no proper request is answered as a problem (%#)', async (raw) => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    socket.end(raw);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const answer = Buffer.concat(chunks).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
    Problem.parse(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))));
  });

  test('a connection that asks for an upgrade to something else is served as it is', async () => {
    const { hostname, port } = new URL(gateway.url);
    const headers = {
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
    };
    const status = await new Promise((resolve, reject) => {
      request({ hostname, port, path: '/healthz', headers }, (response) =>
        resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });
});

describe('request ids and logs', () => {
  test('every answer has a request id: the one that came, if it is a sane one', async () => {
    const given = await gateway.call('GET', '/healthz', { headers: { 'x-request-id': 'trace-1.a:b_c' } });
    expect(given.headers.get('x-request-id')).toBe('trace-1.a:b_c');
    for (const odd of ['with space', 'x'.repeat(129), '"><script>']) {
      const made = await gateway.call('GET', '/nothing', { headers: { 'x-request-id': odd } });
      expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect((made.body as Problem).instance).toBe(
        `urn:avatar-bridge:request:${made.headers.get('x-request-id')}`,
      );
    }
  });

  test('a request is one line in the log, without its text, its key or its query', async () => {
    await gateway.call('POST', messages, { body: { text: 'Nobody else must read this.' } });
    await gateway.call('GET', '/v1/sessions?cursor=from-the-query');
    const lines = logged.map((line) => JSON.parse(line) as Record<string, unknown>);
    const posted = lines.find(
      ({ method, path, status }) => method === 'POST' && path === messages && status === 202,
    );
    expect(posted).toMatchObject({
      msg: 'request',
      requestId: expect.any(String),
      role: 'chatbot',
      took: expect.any(Number),
    });
    expect(logged.join('')).not.toMatch(/Nobody else|from-the-query/);
    expect(logged.join('')).not.toContain(chatbotKey);
  });
});
