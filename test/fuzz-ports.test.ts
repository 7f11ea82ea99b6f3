import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bridge } from './setup/bridge.ts';
import { rawRequests, sendRaw } from './setup/raw-requests.ts';

const seed = 20_261_127;
const perPort = 7_000;
const inFlight = 32;
/** A request that is not complete is waited for by the server; nothing is learned from waiting along. */
const waitMs = 150;

let bridge: Bridge;
beforeAll(async () => (bridge = await Bridge.start({ env: { gateway: { BRIDGE_V1_DOOR: 'true' } } })));
afterAll(() => bridge[Symbol.asyncDispose]());

/** Documented: a process that is not ready, and a page that is not built. */
const documented = new Set([503]);

const lines = (text: string): string[] => text.trim().split(/\s+/);

const ports = {
  worker: () => ({
    ...bridge.stack.workers[0]!,
    paths: lines('/ /healthz /readyz /metrics'),
    headers: {},
    alive: '/healthz',
  }),
  gateway: () => ({
    ...bridge.stack.gateway,
    paths: lines(`
      / /healthz /readyz /metrics /openapi.json /assets/x.js /favicon.svg /viewer/x /operators
      /v1/sessions /v1/sessions/x /v1/sessions/x/messages /v1/sessions/x/viewers /v1/sessions/x/events
      /v1/streaming.create_token /v1/streaming.start /v1/streaming.task /v1/streaming.list /v1/streaming.stop
      /v1/ws/streaming.chat /v1/ws/streaming.chat?session_id=x&session_token=% /v1/streaming/avatar.list
      /v1/sessions/x/socket /v1/sessions/ses_019abcde-0000-7000-8000-000000000000/socket`),
    headers: { Authorization: `Bearer ${bridge.stack.chatbotKey}` },
    alive: '/healthz',
  }),
  simulator: () => ({
    ...bridge.stack.simulator!,
    paths: lines(`
      / /v1/streaming.create_token /v1/streaming.start /v1/streaming.task /v1/streaming.stop
      /v1/streaming.interrupt /v1/streaming.keep_alive /v1/streaming.list /v1/streaming/avatar.list
      /v1/ws/streaming.chat /v1/ws/streaming.chat?session_id=x&session_token=% /v2/voices
      /v1/sessions /v1/sessions/token /v1/sessions/start /v1/sessions/stop /v1/sessions/keep-alive /v1/sessions/x
      /v1/sessions/x/transcript /v1/avatars /v1/avatars/public /v1/voices /v1/contexts /v1/languages
      /v1/users/credits /v1/ws/x /v2-alpha/interactive-avatar/session/x
      /v1/sessions/token /v1/sessions/start /v1/sessions/stop /v1/sessions/keep-alive /v1/sessions /v1/sessions/x
      /v1/avatars /v1/avatars/public /v1/voices /v1/contexts /v1/languages /v1/users/credits /v1/ws/x
      /v2-alpha/interactive-avatar/session/x /model/v1/chat/completions /v1/chat/completions
      /admin/sessions /admin/faults /admin/switches /admin/requests /admin/sessions/x/message`),
    headers: { 'X-Api-Key': bridge.stack.simulatorKey },
    alive: '/admin/sessions',
  }),
};

test.each(['worker', 'gateway', 'simulator'] as const)(
  'the port of a %s outlives any bytes and answers no undocumented 5xx',
  async (name) => {
    const { url, process, paths, headers, alive } = ports[name]();
    const requests = fc.sample(rawRequests(paths, headers), { seed, numRuns: perPort });
    const unexpected: string[] = [];
    let answered = 0;
    const next = requests.values();
    const send = async (): Promise<void> => {
      for (const bytes of next) {
        const statuses = await sendRaw(url, bytes, { waitMs });
        answered += statuses.length;
        for (const status of statuses.filter((one) => one >= 500 && !documented.has(one)))
          unexpected.push(`${status} to ${JSON.stringify(bytes.toString('latin1'))}`);
        if (process.child.exitCode !== null || process.child.signalCode !== null)
          throw new Error(`The ${name} died of one of the last requests:\n${process.output()}`);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, send));
    expect(unexpected.slice(0, 10)).toEqual([]);
    expect(answered).toBeGreaterThan(perPort / 2);
    expect((await fetch(url + alive)).status).toBe(200);
  },
  120_000,
);

test('an open WebSocket outlives any frames', async () => {
  const { id } = await bridge.createSession();
  const { url, process } = bridge.stack.gateway;
  const head = [
    `GET /v1/sessions/${id}/socket HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${bridge.stack.chatbotKey}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ].join('\r\n');
  const mask = Buffer.alloc(4);
  const frame = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    // Opcodes and reserved bits that there are and are not, with lengths that are and are not true.
    fc
      .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 60 }))
      .map(([first, bytes]) => Buffer.concat([Buffer.from([first, 0x80 | bytes.length]), mask, bytes])),
    fc.constantFrom(
      [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...mask],
      [0x81, 0xfe, 0xff, 0xff, ...mask],
      [0x81, 0x82, ...mask, 0xff, 0xfe],
      [0x88, 0x82, ...mask, 0x00, 0x01],
      [0x80, 0x80, ...mask],
      [0x81, 0x05, 0x68, 0x65, 0x6c, 0x6c, 0x6f],
    ),
  );
  const streams = fc.sample(fc.array(frame, { minLength: 1, maxLength: 8 }), { seed, numRuns: 600 });
  const next = streams.values();
  let upgraded = 0;
  const send = async (): Promise<void> => {
    for (const frames of next) {
      const bytes = Buffer.concat([Buffer.from(`${head}\r\n\r\n`), ...frames.map((one) => Buffer.from(one))]);
      const [status] = await sendRaw(url, bytes, { waitMs: 1_000, end: false });
      if (status === 101) upgraded++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, send));
  expect([process.child.exitCode, process.child.signalCode]).toEqual([null, null]);
  expect(upgraded).toBeGreaterThan(500);
  expect((await bridge.session(id)).id).toBe(id);
  await bridge.deleteSession(id);
}, 60_000);
