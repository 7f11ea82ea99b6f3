import { expect, test } from 'vitest';
import type { OwnServer } from '../../../test/setup/own-server.ts';
import { RtpParticipant, type DisconnectReason } from '../src/index.ts';
import { camera, cleanup, feed, microphone, startOwnServer, token } from './support.ts';

const room = 'doomed';

type Gone = { reason: DisconnectReason; after: number };

/** A participant with two tracks on a server of its own; `gone` is what happens to it, `mark` starts the clock. */
async function onOwnServer(): Promise<{
  own: OwnServer;
  participant: RtpParticipant;
  gone: Promise<Gone>;
  events: unknown[];
  mark: () => void;
}> {
  const own = await startOwnServer('doomed');
  const events: unknown[] = [];
  let markedAt = performance.now();
  const { promise: gone, resolve } = Promise.withResolvers<Gone>();
  const participant = await RtpParticipant.connect({
    url: own.url,
    reconnect: false,
    token: await token(room, 'avatar', {}, own),
    listeners: {
      disconnected: (event) => {
        events.push(event);
        resolve({ reason: event.reason, after: performance.now() - markedAt });
      },
    },
  });
  cleanup(() => participant.close());
  feed(await participant.publishTrack(microphone));
  feed(await participant.publishTrack(camera));
  return { own, participant, gone, events, mark: () => void (markedAt = performance.now()) };
}

test('a server whose media cannot be reached by UDP is joined in vain, and the error says so', async () => {
  const own = await startOwnServer('tcp-only', { rtc: { force_tcp: true } });
  const attempt = RtpParticipant.connect({
    url: own.url,
    token: await token(room, 'avatar', {}, own),
    connectTimeout: 1_500,
  });
  await expect(attempt).rejects.toMatchObject({ name: 'RetryableError', code: 'ice-failed' });
});

test('a killed server is noticed at once', async () => {
  const { own, participant, gone, events, mark } = await onOwnServer();
  mark();
  void own.kill();
  const { reason, after } = await gone;
  expect(reason).toBe('signal-lost');
  expect(after).toBeLessThan(2_000);
  await expect(participant.publishTrack(microphone)).rejects.toMatchObject({
    name: 'RetryableError',
    code: 'signal-lost',
  });
  await participant.close();
  expect(events).toHaveLength(1);
});

test('a frozen server is noticed within 15 seconds, and requests to it time out before', async () => {
  const { own, participant, gone, mark } = await onOwnServer();
  mark();
  own.freeze();
  await expect(participant.setAttributes({ a: '1' })).rejects.toMatchObject({
    name: 'RetryableError',
    code: 'timeout',
  });
  const { reason, after } = await gone;
  // The data channels may give up a moment before the pings do.
  expect(['signal-lost', 'media-lost']).toContain(reason);
  expect(after).toBeLessThan(15_500);
  const startedAt = performance.now();
  await participant.close();
  expect(performance.now() - startedAt).toBeLessThan(3_000);
}, 40_000);
