import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bridge } from './setup/bridge.ts';

const providers = [
  { provider: 'heygen', opens: '/v1/streaming.new' },
  { provider: 'liveavatar-full', opens: '/v1/sessions/token' },
  { provider: 'liveavatar-lite', opens: '/v1/sessions/token' },
] as const;
const real = 'Now the real answer.';
const page = '<html><body>502 Bad Gateway</body></html>';
let bridge: Bridge;

beforeAll(async () => {
  bridge = await Bridge.start();
});
afterAll(() => bridge?.[Symbol.asyncDispose]());

describe('a session is refused with the field and the rule', () => {
  test.each<[string, object, string, RegExp]>([
    ['an unknown provider', { provider: 'acme' }, 'provider', /heygen/],
    ['one unknown provider of several', { providers: ['heygen', 'acme'] }, 'providers.1', /heygen/],
    [
      'an avatar id that is no UUID',
      { provider: 'liveavatar-lite', avatar: { id: 'Wayne' } },
      'avatar.id',
      /UUID/,
    ],
    ['a language that does not exist', { avatar: { language: 'xx' } }, 'avatar.language', /exists/],
    ['a region that does not exist', { avatar: { language: 'en-XX' } }, 'avatar.language', /exists/],
    ['a tag that is none', { avatar: { language: 'tlh' } }, 'avatar.language', /like en or en-US/],
  ])('%s', async (_, body, field, rule) => {
    const response = await fetch(`${bridge.stack.gateway.url}/v1/sessions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bridge.stack.chatbotKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    });
    expect([400, 422]).toContain(response.status);
    expect(await response.json()).toMatchObject({
      errors: [{ field, rule: expect.stringMatching(rule) }],
    });
  });
});

describe.each(providers)('$provider', ({ provider, opens }) => {
  test('texts without a letter or digit cost no call, and what is behind them is said at once', async () => {
    const { id, events } = await bridge.liveSession({ provider });
    const empty = ['👍', '…', '"…"', '---', '***', '\u{fffd}', '€'];
    const posted: string[] = [];
    const at = Date.now();
    for (const text of empty) posted.push((await bridge.say(id, text)).id);
    const { id: last } = await bridge.say(id, real);
    const ends = await events.finished([...posted, last]);
    expect(Object.values(ends)).toEqual([...posted.map(() => 'message.failed'), 'message.spoken']);
    const failed = events.seen.flatMap((e) => (e.type === 'message.failed' ? [e.code] : []));
    expect(new Set(failed)).toEqual(new Set(['no-speech']));
    const speaking = await events.until('message.speaking', (e) => e.messageId === last);
    expect(speaking.at - at).toBeLessThan(6_000);
    const opened = events.seen.filter((e) => e.type === 'vendor.opened');
    expect(opened).toHaveLength(1);
    const books = await bridge.vendorSessions();
    const book = books.find(({ sessionId }) => sessionId === opened[0]!.vendorSessionId);
    expect(book?.tasks).toHaveLength(1);
    events.close();
    await bridge.deleteSession(id);
  });

  test('a long text is said without what can not be said in it', async () => {
    const { id, events } = await bridge.liveSession({ provider });
    const rule = '-'.repeat(1_500);
    const { id: messageId } = await bridge.say(id, `${rule}\n${real}\n${rule}`);
    expect(await events.finished([messageId])).toEqual({ [messageId]: 'message.spoken' });
    expect(events.seen.filter((e) => e.type === 'vendor.opened')).toHaveLength(1);
    events.close();
    await bridge.deleteSession(id);
  });

  test.each([
    ['a web page', { kind: 'refuse', status: 502, body: page }],
    ['nothing', { kind: 'cut' }],
  ])('a vendor that answers %s is named, and the next provider says the message', async (_, fault) => {
    await bridge.simulator('POST', '/admin/faults', { ...fault, path: opens, times: 'always' });
    try {
      const { id } = await bridge.createSession({ providers: [provider, 'voice-only'] });
      const events = bridge.follow(id);
      const { id: messageId } = await bridge.say(id, real);
      const { reason } = await events.until('provider.changed');
      expect(reason).toMatch(/HeyGen|LiveAvatar/);
      expect(reason).not.toContain('<html>');
      expect(await events.finished([messageId])).toEqual({ [messageId]: 'message.spoken' });
      events.close();
      await bridge.deleteSession(id);
    } finally {
      await bridge.simulator('DELETE', '/admin/faults');
    }
  });
});

describe('settings of the workers that can not work', () => {
  let broken: Bridge;
  let speech: Server;
  /** What the synthesizer answers. */
  let answer = { type: '', body: Buffer.alloc(0) };

  beforeAll(async () => {
    speech = createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': answer.type }).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => speech.listen(0, '127.0.0.1', resolve));
    broken = await Bridge.start({
      env: {
        worker: {
          LIVEKIT_PUBLIC_URL: 'ws://127.0.0.1:9',
          BRIDGE_PROVIDER_FAILURES: '1',
          BRIDGE_SPEECH: 'openai',
          OPENAI_BASE_URL: `http://127.0.0.1:${(speech.address() as AddressInfo).port}/v1`,
        },
      },
    });
  });
  afterAll(async () => {
    await broken?.[Symbol.asyncDispose]();
    speech?.close();
  });

  test('a stage that the vendor can not reach is named, and the next provider goes on', async () => {
    const { id } = await broken.createSession({ providers: ['liveavatar-lite', 'heygen'] });
    const events = broken.follow(id);
    const { id: messageId } = await broken.say(id, real);
    expect((await events.until('provider.changed')).reason).toContain('LIVEKIT_PUBLIC_URL');
    expect(await events.finished([messageId])).toEqual({ [messageId]: 'message.spoken' });
    events.close();
    await broken.deleteSession(id);
  });

  test.each<[string, typeof answer]>([
    ['a web page', { type: 'text/html', body: Buffer.from(page) }],
    ['another rate', { type: 'audio/L16; rate=16000', body: Buffer.alloc(32_000, 7) }],
    ['no sound', { type: 'audio/pcm', body: Buffer.alloc(0) }],
  ])('a synthesizer that answers %s is named, and the next provider says the message', async (_, given) => {
    answer = given;
    const { id, events } = await broken.liveSession({ providers: ['voice-only', 'heygen'] });
    const { id: messageId } = await broken.say(id, real);
    expect((await events.until('provider.changed')).reason).toMatch(/speech|sound|synthesi/i);
    expect(await events.finished([messageId])).toEqual({ [messageId]: 'message.spoken' });
    events.close();
    await broken.deleteSession(id);
  });
});
