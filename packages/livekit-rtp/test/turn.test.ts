import { expect, test } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';
import type { OwnServer } from '../../../test/setup/own-server.ts';
import { signalThrough } from '../../../test/setup/signal-through-shim.ts';
import { UdpShim } from '../../../test/setup/udp-shim.ts';
import { RtpParticipant } from '../src/index.ts';
import { flows, forget, listening, type Heard } from './heard.ts';
import {
  camera,
  cleanup,
  feed,
  microphone,
  startOwnServer,
  token,
  until,
  type JoinOptions,
} from './support.ts';

const room = 'behind-a-firewall';
/** From where no system takes the ports of its own choice. */
const RELAYED = { relay_range_start: 20_000, relay_range_end: 29_999 };
const isRelayed = (port: number): boolean =>
  port >= RELAYED.relay_range_start && port <= RELAYED.relay_range_end;

/** A way to the server on which its media port takes packets from the TURN server's relayed addresses only. */
async function behindFirewall(own: OwnServer): Promise<{ url: string; firewall: UdpShim }> {
  const firewall = await UdpShim.open(0);
  cleanup(() => firewall.leave());
  firewall.admits = isRelayed;
  const proxy = await signalThrough(firewall, own.url);
  cleanup(() => proxy.leave());
  return { url: proxy.url, firewall };
}

async function joinAt(
  own: OwnServer,
  url: string,
  identity: string,
  options: JoinOptions = {},
): Promise<RtpParticipant> {
  const participant = await RtpParticipant.connect({
    url,
    token: await token(room, identity, {}, own),
    ...options,
  });
  cleanup(() => participant.close());
  return participant;
}

test('media goes both ways through the TURN server of the join response where there is no other way', async () => {
  const own = await startOwnServer('turn', {
    turn: { udp_port: await freePort(), ...RELAYED, allow_restricted_peer_cidrs: ['127.0.0.0/8'] },
  });
  const outside: Heard[] = [];
  const watcher = await joinAt(own, own.url, 'watcher', { listeners: listening(outside) });
  feed(await watcher.publishTrack({ ...microphone, name: 'question' }));
  const { url, firewall } = await behindFirewall(own);
  const inside: Heard[] = [];
  const startedAt = performance.now();
  const avatar = await joinAt(own, url, 'avatar', { listeners: listening(inside) });
  const joinedAfter = performance.now() - startedAt;
  feed(await avatar.publishTrack(microphone));
  feed(await avatar.publishTrack(camera));
  const flowing = (packets?: number): boolean =>
    ['voice', 'picture'].every((name) => flows(outside, name, packets)) && flows(inside, 'question', packets);
  await until(flowing, 'media goes both ways');
  const before = firewall.passed.packets;
  forget([...outside, ...inside]);
  await until(() => flowing(100), 'media goes both ways for a while');
  const relayed = firewall.passed.packets - before;
  const media = [...outside, ...inside].reduce((sum, { packets }) => sum + packets, 0);
  console.log(
    `joined after ${Math.round(joinedAfter)} ms; ${media} packets of media, ${relayed} relayed, ${firewall.refused} refused`,
  );
  expect(firewall.refused).toBeGreaterThan(0);
  // What passes the firewall is relayed, and both connections pass it. Some packets were on their way when the count began.
  expect(relayed).toBeGreaterThan(media * 0.9);
});

test('there is no other way: without a TURN server no path is found', async () => {
  const own = await startOwnServer('no-turn');
  const { url, firewall } = await behindFirewall(own);
  const attempt = joinAt(own, url, 'avatar', { connectTimeout: 3_000 });
  await expect(attempt).rejects.toMatchObject({ name: 'RetryableError', code: 'ice-failed' });
  expect(firewall.refused).toBeGreaterThan(0);
  expect(firewall.passed.packets).toBe(0);
});
