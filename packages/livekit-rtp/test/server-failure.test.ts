import { AccessToken } from 'livekit-server-sdk';
import { expect, inject, test } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';
import { startLivekit, type LivekitServer } from '../../../scripts/servers/livekit.ts';
import { startProcess, untilReady } from '../../../scripts/servers/server-process.ts';
import { RtpParticipant, type DisconnectReason } from '../src/index.ts';
import { camera, cleanup, feed, microphone } from './support.ts';

type Gone = { reason: DisconnectReason; after: number };

/** A participant with two tracks on a server of its own; `gone` is what happens to it, `mark` starts the clock. */
async function onOwnServer(): Promise<{
  own: LivekitServer;
  participant: RtpParticipant;
  gone: Promise<Gone>;
  events: unknown[];
  mark: () => void;
}> {
  const own = await startLivekit({ binary: inject('programs').livekitServer, name: 'doomed' });
  cleanup(() => own.stop());
  const access = new AccessToken(own.apiKey, own.apiSecret, { identity: 'avatar' });
  access.addGrant({ roomJoin: true, room: 'doomed', canUpdateOwnMetadata: true });
  const events: unknown[] = [];
  let markedAt = performance.now();
  const { promise: gone, resolve } = Promise.withResolvers<Gone>();
  const participant = await RtpParticipant.connect({
    url: own.url,
    reconnect: false,
    token: await access.toJwt(),
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
  const [http, tcp, udp] = [await freePort(), await freePort(), await freePort()];
  const ports = { tcp_port: tcp, udp_port: udp, force_tcp: true, node_ip: '127.0.0.1', stun_servers: ['127.0.0.1:3478'] };
  const rtc = { ...ports, use_external_ip: false, enable_loopback_candidate: true, interfaces: { includes: ['lo', 'lo0'] } };
  const config = { port: http, bind_addresses: ['127.0.0.1'], rtc, keys: { key: 'x'.repeat(32) }, logging: { level: 'warn' } };
  const own = startProcess({
    name: 'livekit-server (TCP only)',
    file: inject('programs').livekitServer,
    env: { ...process.env, LIVEKIT_CONFIG: JSON.stringify(config) },
  });
  cleanup(() => own.stop(1_000));
  const url = `http://127.0.0.1:${http}`;
  await untilReady(own, () =>
    fetch(url)
      .then(({ ok }) => ok)
      .catch(() => false),
  );
  const access = new AccessToken('key', 'x'.repeat(32), { identity: 'avatar' });
  access.addGrant({ roomJoin: true, room: 'unreachable' });
  const attempt = RtpParticipant.connect({ url, token: await access.toJwt(), connectTimeout: 1_500 });
  await expect(attempt).rejects.toMatchObject({ name: 'RetryableError', code: 'ice-failed' });
});

test('a killed server is noticed at once', async () => {
  const { own, participant, gone, events, mark } = await onOwnServer();
  mark();
  process.kill(own.process.pid, 'SIGKILL');
  const { reason, after } = await gone;
  expect(reason).toBe('signal-lost');
  expect(after).toBeLessThan(2_000);
  await expect(participant.publishTrack(microphone)).rejects.toMatchObject({ name: 'RetryableError', code: 'signal-lost' });
  await participant.close();
  expect(events).toHaveLength(1);
});

test('a frozen server is noticed within 15 seconds, and requests to it time out before', async () => {
  const { own, participant, gone, mark } = await onOwnServer();
  mark();
  process.kill(own.process.pid, 'SIGSTOP');
  cleanup(() => void process.kill(own.process.pid, 'SIGCONT'));
  await expect(participant.setAttributes({ a: '1' })).rejects.toMatchObject({ name: 'RetryableError', code: 'timeout' });
  const { reason, after } = await gone;
  // The data channels may give up a moment before the pings do.
  expect(['signal-lost', 'media-lost']).toContain(reason);
  expect(after).toBeLessThan(15_500);
  const startedAt = performance.now();
  await participant.close();
  expect(performance.now() - startedAt).toBeLessThan(3_000);
}, 40_000);
