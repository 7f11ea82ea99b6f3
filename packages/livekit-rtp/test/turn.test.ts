import { expect, test } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';
import type { OwnServer } from '../../../test/setup/own-server.ts';
import { signalThrough } from '../../../test/setup/signal-through-shim.ts';
import { UdpShim } from '../../../test/setup/udp-shim.ts';
import { RtpParticipant } from '../src/index.ts';
import { flows, listening, type Heard } from './heard.ts';
import { camera, cleanup, feed, microphone, startOwnServer, token, until, type JoinOptions } from './support.ts';

const room = 'behind-a-firewall';
/** From where no system takes the ports of its own choice. */
const RELAYED = { relay_range_start: 20_000, relay_range_end: 29_999 };
const isRelayed = (port: number): boolean => port >= RELAYED.relay_range_start && port <= RELAYED.relay_range_end;

/** A way to the server on which its media port takes packets from the TURN server's relayed addresses only. */
async function behindFirewall(own: OwnServer): Promise<{ url: string; firewall: UdpShim }> {
  const firewall = await UdpShim.open(0);
  cleanup(() => firewall.leave());
  firewall.admits = isRelayed;
  const proxy = await signalThrough(firewall, own.url);
  cleanup(() => proxy.leave());
  return { url: proxy.url, firewall };
}

async function joinAt(own: OwnServer, url: string, identity: string, options: JoinOptions = {}): Promise<RtpParticipant> {
  const participant = await RtpParticipant.connect({ url, token: await token(room, identity, {}, own), ...options });
  cleanup(() => participant.close());
  return participant;
}

const count = (...heard: Heard[]): number => heard.reduce((sum, { packets }) => sum + packets, 0);

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
  await until(() => flows(outside, 'voice') && flows(outside, 'picture') && flows(inside, 'question'), 'media goes both ways');
  const media = count(...outside, ...inside);
  const { packets } = firewall.passed;
  console.log(
    `joined after ${Math.round(joinedAfter)} ms; relayed ${packets} packets, ${media} of them media; ${firewall.refused} refused`,
  );
  expect(firewall.refused).toBeGreaterThan(0);
  // All that is relayed passes the firewall, and what passes is relayed: nothing went another way.
  expect(packets).toBeGreaterThan(media);
});

test('there is no other way: without a TURN server no path is found', async () => {
  const own = await startOwnServer('no-turn');
  const { url, firewall } = await behindFirewall(own);
  const attempt = joinAt(own, url, 'avatar', { connectTimeout: 3_000 });
  await expect(attempt).rejects.toMatchObject({ name: 'RetryableError', code: 'ice-failed' });
  expect(firewall.refused).toBeGreaterThan(0);
  expect(firewall.passed.packets).toBe(0);
});
