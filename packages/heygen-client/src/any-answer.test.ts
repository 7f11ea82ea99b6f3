import { STATUS_CODES } from 'node:http';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeyGenError } from './core/errors.ts';
import { LiveAvatarClient, sandboxAvatarId } from './liveavatar/index.ts';
import { HeyGenClient } from './v1/client.ts';
import { startVendorServer } from './testing/vendor-server.ts';

const options = { apiKey: 'secret-key-0123456789', timeout: 5_000, maxRetries: 0 };

const data = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      session_id: fc.jsonValue(),
      session_token: fc.jsonValue(),
      max_session_duration: fc.jsonValue(),
      results: fc.jsonValue(),
      transcript_data: fc.jsonValue(),
      credits_left: fc.jsonValue(),
      id: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
);
const envelope = fc.record(
  {
    code: fc.oneof(fc.constantFrom(100, 1000, 4003, 4010, 4033, '1000'), fc.jsonValue()),
    data,
    message: fc.jsonValue(),
    detail: fc.jsonValue(),
    error: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  fc.json(),
  fc.string(),
  envelope.map((value) => JSON.stringify(value)),
);
const status = fc.constantFrom(
  ...Object.keys(STATUS_CODES)
    .map(Number)
    .filter((code) => code >= 200),
);
const headers = fc.record(
  { 'retry-after': fc.constantFrom('1', '-1', 'soon', ''), location: fc.constant('http://127.0.0.1:1/') },
  { requiredKeys: [] },
);

test('whatever the vendor answers, a call returns or rejects with a HeyGenError', async () => {
  let answer: { status: number; headers: object; body: string } | undefined;
  await using vendor = await startVendorServer((response) => {
    const { status, headers, body } = answer!;
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  });
  await using live = new LiveAvatarClient({ ...options, baseUrl: vendor.baseUrl });
  await using v1 = new HeyGenClient({ ...options, baseUrl: vendor.baseUrl });
  const calls: (() => Promise<unknown>)[] = [
    () => live.createToken({ mode: 'FULL', avatarId: sandboxAvatarId }),
    () => live.start('jwt'),
    () => live.stop('s'),
    () => live.list(),
    () => live.get('s'),
    () => live.transcript('s'),
    () => live.avatars.list(),
    () => live.voices.list(),
    () => live.contexts.get('c'),
    () => live.languages(),
    () => live.credits(),
    () => v1.newSession(),
    () => v1.task('s', { text: 'Hello there', taskType: 'repeat' }),
    () => v1.history(),
  ];
  await fc.assert(
    fc.asyncProperty(status, headers, body, fc.nat(calls.length - 1), async (status, headers, body, at) => {
      answer = { status, headers, body };
      const error: unknown = await calls[at]!().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error === undefined || error instanceof HeyGenError).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
