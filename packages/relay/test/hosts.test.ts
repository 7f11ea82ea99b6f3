import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DataPacket_Kind } from 'livekit-server-sdk';
import { expect, test } from 'vitest';
import { CancelledError, createMediaRelay, readAnswer, rollCallTopic } from '../src/index.ts';
import { Listener } from './listener.ts';
import { RELAY } from './rooms.ts';
import { record, Scene } from './scene.ts';
import { until } from './until.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Without an init process an orphan stays a zombie.
  return !existsSync(`/proc/${pid}/stat`) || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}

test('relays spread over the hosts, and close ends the hosts with all of them', async () => {
  await using scene = new Scene();
  await scene.avatar();
  const media = createMediaRelay({ engine: 'rtp', hosts: 2 });
  const options = await scene.rooms.relayOptions();
  const starts = ['a', 'b', 'c', 'd', 'e'].map(async (name) =>
    media.start({
      id: name,
      source: { ...options.source, token: await scene.rooms.token('vendor', `client-${name}`) },
      stage: {
        ...options.stage,
        token: await scene.rooms.token('stage', `avatar-${name}`, { canPublish: true, canPublishData: true }),
      },
    }),
  );
  const relays = await Promise.all(starts);
  expect(media.hosts.map(({ relays }) => relays).toSorted((a, b) => a - b)).toEqual([2, 3]);
  const pids = media.hosts.map(({ pid }) => pid!);
  const events = relays.map((relay) => record(relay));
  await relays[0]!.close();
  expect(media.hosts.reduce((sum, { relays }) => sum + relays, 0)).toBe(4);
  await media.close('drained');
  expect(events.map(({ closed }) => closed)).toEqual([
    [{ reason: 'closed' }],
    ...Array.from({ length: 4 }, () => [{ reason: 'drained' }]),
  ]);
  expect(events.flatMap(({ failed }) => failed)).toEqual([]);
  expect(pids.map(isAlive)).toEqual([false, false]);
  expect(media.hosts).toEqual([]);
  await expect(media.start(options)).rejects.toBeInstanceOf(CancelledError);
  await until('nobody is left', async () => (await scene.rooms.participants('stage')).length === 0);
});

test('a host that was forked ahead takes the first relay', async () => {
  await using scene = new Scene();
  await scene.avatar();
  await using media = createMediaRelay({ engine: 'rtp', hosts: 2 });
  media.warmUp();
  media.warmUp();
  const ahead = media.hosts;
  expect(ahead).toMatchObject([{ engine: 'rtp', relays: 0 }]);
  await media.start(await scene.rooms.relayOptions());
  expect(media.hosts).toEqual([{ ...ahead[0], relays: 1 }]);
});

test('a host that dies is replaced, and its relays come back', async () => {
  await using media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  await using one = new Scene();
  await using two = new Scene();
  const sides = await Promise.all(
    [one, two].map(async (scene) => {
      const [avatar, viewer] = await Promise.all([scene.avatar(), scene.viewer()]);
      const { relay, events } = await scene.relay(media);
      return { scene, avatar, viewer, relay, events };
    }),
  );
  await Promise.all(
    sides.map(({ viewer }) =>
      until('the viewer sees and hears it', () => viewer.frames > 0 && viewer.audioFrames > 0),
    ),
  );
  await Promise.all(sides.map(({ relay }) => relay.setAvatarState('thinking')));
  const { pid } = media.hosts[0]!;

  process.kill(pid!, 'SIGKILL');
  const died = performance.now();
  await Promise.all(sides.map(({ events }) => until('it is told', () => events.restarting.length === 1)));
  const said = sides.map(({ relay }) => relay.sendToStage('said meanwhile'));
  await Promise.all(
    sides.map(async ({ viewer }) => {
      await until(
        'the old tracks are gone and the new ones are there',
        () => viewer.unsubscribed.length === 2 && viewer.subscribed.length === 4,
      );
      const { frames } = viewer;
      await until('the viewer sees it again', () => viewer.frames > frames);
      console.info(
        `the viewer sees the avatar again ${Math.round(performance.now() - died)} ms after its host was killed`,
      );
    }),
  );
  await Promise.all(said);

  expect(media.hosts.map(({ relays }) => relays)).toEqual([2]);
  expect(media.hosts[0]!.pid).not.toBe(pid);
  await Promise.all(
    sides.map(async ({ scene, avatar, viewer, relay, events }) => {
      await until('media is told to be back', () => events.mediaResumed.length === 2);
      await until(
        'its state is set again',
        () => viewer.participant(RELAY)?.attributes['lk.agent.state'] === 'thinking',
      );
      await until('what was said meanwhile comes', () =>
        viewer.data.some(({ payload }) => payload === 'said meanwhile'),
      );
      await relay.sendToSource('over the new host');
      await until('the avatar has it', () =>
        avatar.received.some(({ payload }) => Buffer.from(payload).toString() === 'over the new host'),
      );
      expect(await relay.stats()).toMatchObject({
        restarts: 1,
        video: { codec: 'video/h264' },
        audio: { codec: 'audio/opus' },
      });
      expect(events).toMatchObject({
        restarting: [{ reason: 'host-died' }],
        restarted: [{ gapMs: expect.any(Number) }],
        failed: [],
        closed: [],
      });
      expect(events.firstFrame).toHaveLength(2);
      expect(events.engineChosen).toHaveLength(1);
      expect(await scene.rooms.participants('stage')).toHaveLength(2);
      await relay.close();
      await until('nobody is left', async () => (await scene.rooms.participants('stage')).length === 1);
      await until('the vendor is left', async () => (await scene.rooms.participants('vendor')).length === 1);
      expect(events.closed).toEqual([{ reason: 'closed' }]);
    }),
  );
});

test('a start whose host dies is made again on the next one', async () => {
  await using scene = new Scene();
  await scene.avatar();
  await using media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  const starting = scene.relay(media);
  await until('there is a host', () => media.hosts[0]?.relays === 1);
  const { pid } = media.hosts[0]!;
  process.kill(pid!, 'SIGKILL');
  const { events } = await starting;
  expect(media.hosts[0]!.pid).not.toBe(pid);
  await until('it relays', () => events.firstFrame.length === 2);
  expect(events.restarting).toEqual([]);
  expect(await scene.rooms.participants('stage')).toEqual([RELAY]);
});

test('a host that dies again and again ends its relays, and whatever waits to be brought back can be closed', async () => {
  await using scene = new Scene();
  await scene.avatar();
  await using media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  const { relay, events } = await scene.relay(media);
  const other = await scene.rooms.relayOptions();
  const cancel = new AbortController();
  const starting = media.start(
    {
      ...other,
      source: {
        ...other.source,
        token: await scene.rooms.token('vendor', 'other'),
        avatarIdentity: 'nobody',
      },
    },
    cancel.signal,
  );
  const refusal = starting.catch((error: unknown) => error);
  const killed = new Set<number>();
  await until('it is given up', () => {
    if (killed.size === 2) cancel.abort();
    for (const { pid } of media.hosts) {
      if (pid !== undefined && !killed.has(pid)) process.kill(pid, 'SIGKILL');
      if (pid !== undefined) killed.add(pid);
    }
    return events.closed.length === 1;
  });
  expect(await refusal).toBeInstanceOf(CancelledError);
  expect(killed.size).toBe(4);
  expect(events).toMatchObject({
    restarting: [{ reason: 'host-died' }],
    restarted: [],
    failed: [{ code: 'host-died' }],
    closed: [{ reason: 'host-died' }],
  });
  await expect(relay.stats()).rejects.toBeInstanceOf(CancelledError);
  await relay.close();
  expect([...killed].map(isAlive)).toEqual([false, false, false, false]);
  expect(media.hosts).toEqual([]);

  const again = await scene.relay(media);
  await until('the next start has a host', () => again.events.firstFrame.length === 2);
  process.kill(media.hosts[0]!.pid!, 'SIGKILL');
  await until('it is told', () => again.events.restarting.length === 1);
  await media.close('drained');
  expect(again.events.closed).toEqual([{ reason: 'drained' }]);
  expect(again.events.failed).toEqual([]);
  expect(media.hosts).toEqual([]);
});

test.concurrent('a host that is frozen is replaced like one that died', async () => {
  await using scene = new Scene();
  const [listener] = await Promise.all([scene.listener(), scene.avatar()]);
  await using media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  const { events } = await scene.relay(media);
  const { pid } = media.hosts[0]!;
  await until('it relays', () => listener.packets.video.length > 30);
  process.kill(pid!, 'SIGSTOP');
  await until('it is replaced', () => events.restarted.length === 1, 30_000);
  const { length } = listener.packets.video;
  await until('it relays again', () => listener.packets.video.length > length + 30);
  expect(isAlive(pid!)).toBe(false);
  expect(await scene.rooms.participants('stage')).toContain(RELAY);
}, 60_000);

test.concurrent('a restart that fails ends the relay with what it failed with', async () => {
  await using scene = new Scene();
  const avatar = await scene.avatar();
  await using media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  const relay = await media.start({ ...(await scene.rooms.relayOptions()), mediaTimeout: 3_000 });
  const events = record(relay);
  await until('it relays', () => events.firstFrame.length === 2);
  await avatar.leave();
  process.kill(media.hosts[0]!.pid!, 'SIGKILL');
  await until('it is given up', () => events.closed.length === 1);
  expect(events).toMatchObject({
    restarting: [{ reason: 'host-died' }],
    restarted: [],
    failed: [{ code: 'media-timeout' }],
    closed: [{ reason: 'media-timeout' }],
  });
  await until('nobody is left', async () => (await scene.rooms.participants('stage')).length === 0);
});

test('a host whose worker is killed relays on for the grace time, then leaves', async () => {
  await using scene = new Scene();
  await scene.avatar();
  const listener = scene.add(await Listener.join(scene.rooms));
  const worker = fork(fileURLToPath(new URL('worker-process.ts', import.meta.url)), ['3000'], {
    execArgv: [],
    stdio: 'ignore',
  });
  worker.send(await scene.rooms.relayOptions());
  const [{ host }] = (await once(worker, 'message')) as [{ host: number }];
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  const heard = listener.packets.video.length;
  await until('media goes on', () => listener.packets.video.length > heard + 30);
  expect(await scene.rooms.participants('stage')).toContain(RELAY);
  expect(isAlive(host)).toBe(true);
  const service = scene.rooms.service('stage');
  await service.sendData(scene.rooms.name, Buffer.from('roll-call-1'), DataPacket_Kind.RELIABLE, {
    topic: rollCallTopic,
    destinationIdentities: [RELAY],
  });
  await until('it answers the roll call', async () => {
    const { attributes } = await service.getParticipant(scene.rooms.name, RELAY);
    return readAnswer('roll-call-1', attributes) !== undefined;
  });
  await until('the host is gone', () => !isAlive(host));
  await until('nobody is left', async () => !(await scene.rooms.participants('stage')).includes(RELAY));
});

test('a host whose worker is killed leaves at once when another worker has taken its relays over', async () => {
  await using scene = new Scene();
  await scene.avatar();
  const worker = fork(fileURLToPath(new URL('worker-process.ts', import.meta.url)), ['60000'], {
    execArgv: [],
    stdio: 'ignore',
  });
  worker.send(await scene.rooms.relayOptions());
  const [{ host }] = (await once(worker, 'message')) as [{ host: number }];
  worker.kill('SIGKILL');
  await using media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  const { events } = await scene.relay(media);
  await until('the host is gone', () => !isAlive(host));
  await until('the new one relays', () => events.firstFrame.length === 2);
  expect(await scene.rooms.participants('stage')).toEqual([RELAY]);
});
