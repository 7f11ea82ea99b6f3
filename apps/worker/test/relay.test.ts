import { createMediaRelay } from '@avatar-bridge/relay';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMetrics } from '../src/metrics.ts';
import { Rig } from './support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.open();
});
afterAll(() => rig[Symbol.asyncDispose]());

it('a relay host that dies costs a session nothing but a moment of the picture, and metrics tell it', async () => {
  await using mediaRelay = createMediaRelay({ engine: 'rtp', hosts: 1, logger: rig.logger });
  const metrics = createMetrics({ relayHosts: () => mediaRelay.hosts });
  rig.startWorker({ mediaRelay, metrics });
  const conversation = await rig.liveSession();
  await conversation.until('media.started', ({ kind }) => kind === 'video');
  await conversation.finished(await conversation.say('This is said over the first host.'));

  process.kill(mediaRelay.hosts[0]!.pid!, 'SIGKILL');
  await conversation.until('relay.restarting', ({ reason }) => reason === 'host-died');
  await conversation.until('relay.restarted');
  await conversation.until('media.resumed', ({ kind }) => kind === 'video');
  expect(await conversation.finished(await conversation.say('This is said over the next one.'))).toEqual([
    'spoken',
  ]);

  const cutShort = await conversation.say(
    'The host of this one dies in the middle of it, and all the same it is said to its very end.',
  );
  await conversation.until('message.speaking', ({ messageId }) => messageId === cutShort);
  process.kill(mediaRelay.hosts[0]!.pid!, 'SIGKILL');
  expect(await conversation.finished(cutShort)).toEqual(['spoken']);
  expect(await conversation.spoken()).toHaveLength(3);
  expect(await conversation.eventsOf('session.recovering')).toEqual([]);
  expect(await conversation.eventsOf('vendor.opened')).toHaveLength(1);

  const running = await metrics.text();
  expect(running).toContain('avatar_bridge_relays{engine="rtp"} 1');
  expect(running).toContain('avatar_bridge_relay_hosts{engine="rtp"} 1');
  expect(running).toContain('avatar_bridge_relay_restarts_total{reason="host-died"} 2');
  await conversation.stop();
  await conversation.until('session.ended');
  await expect.poll(() => metrics.text()).not.toContain('avatar_bridge_relays{engine="rtp"}');
  expect(await metrics.text()).toMatch(/avatar_bridge_relay_packets_total\{kind="video"\} [1-9]/);
});
