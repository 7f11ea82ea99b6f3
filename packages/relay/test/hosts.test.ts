import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CancelledError, createMediaRelay, RetryableError } from '../src/index.ts';
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

/** Arguments and environment of a process, as anybody on the machine may read them. */
function publicFacts(pid: number): string {
  if (!existsSync(`/proc/${pid}`)) return execFileSync('ps', ['eww', '-p', String(pid)], { encoding: 'utf8' });
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
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
      stage: { ...options.stage, token: await scene.rooms.token('stage', `avatar-${name}`, { canPublish: true, canPublishData: true }) },
    }),
  );
  const relays = await Promise.all(starts);
  expect(media.hosts.map(({ relays }) => relays).toSorted((a, b) => a - b)).toEqual([2, 3]);
  const pids = media.hosts.map(({ pid }) => pid!);
  const events = relays.map((relay) => record(relay));
  await relays[0]!.close();
  expect(media.hosts.reduce((sum, { relays }) => sum + relays, 0)).toBe(4);
  await media.close('drained');
  expect(events.map(({ closed }) => closed)).toEqual([[{ reason: 'closed' }], ...Array.from({ length: 4 }, () => [{ reason: 'drained' }])]);
  expect(events.flatMap(({ failed }) => failed)).toEqual([]);
  expect(pids.map(isAlive)).toEqual([false, false]);
  expect(media.hosts).toEqual([]);
  await expect(media.start(options)).rejects.toBeInstanceOf(CancelledError);
  await until('nobody is left', async () => (await scene.rooms.participants('stage')).length === 0);
});

test('a host that dies fails its relays and is replaced by the next start', async () => {
  await using scene = new Scene();
  await scene.avatar();
  await using media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  const { relay, events } = await scene.relay(media);
  const other = new Scene();
  const starting = media.start(await other.rooms.relayOptions());
  const { pid } = media.hosts[0]!;
  process.kill(pid!, 'SIGKILL');
  await expect(starting).rejects.toBeInstanceOf(RetryableError);
  await expect(starting).rejects.toMatchObject({ code: 'host-died' });
  await until('it is told', () => events.closed.length === 1);
  expect(events.failed).toMatchObject([{ code: 'host-died' }]);
  expect(events.closed).toEqual([{ reason: 'host-died' }]);
  await expect(relay.stats()).rejects.toBeInstanceOf(CancelledError);
  await relay.close();
  const again = await scene.relay(media);
  await until('it relays again', () => again.events.firstFrame.length === 2);
  expect(media.hosts).toHaveLength(1);
  expect(media.hosts[0]!.pid).not.toBe(pid);
});

test('a host whose worker is killed relays on for the grace time, then leaves', async () => {
  await using scene = new Scene();
  await scene.avatar();
  const listener = scene.add(await Listener.join(scene.rooms));
  const worker = fork(fileURLToPath(new URL('worker-process.ts', import.meta.url)), ['3000'], { execArgv: [], stdio: 'ignore' });
  worker.send(await scene.rooms.relayOptions());
  const [{ host }] = (await once(worker, 'message')) as [{ host: number }];
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  const heard = listener.packets.video.length;
  await until('media goes on', () => listener.packets.video.length > heard + 30);
  expect(await scene.rooms.participants('stage')).toContain(RELAY);
  expect(isAlive(host)).toBe(true);
  await until('the host is gone', () => !isAlive(host));
  await until('nobody is left', async () => !(await scene.rooms.participants('stage')).includes(RELAY));
});

test('a host whose worker is killed leaves at once when another worker has taken its relays over', async () => {
  await using scene = new Scene();
  await scene.avatar();
  const worker = fork(fileURLToPath(new URL('worker-process.ts', import.meta.url)), ['60000'], { execArgv: [], stdio: 'ignore' });
  worker.send(await scene.rooms.relayOptions());
  const [{ host }] = (await once(worker, 'message')) as [{ host: number }];
  worker.kill('SIGKILL');
  await using media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  const { events } = await scene.relay(media);
  await until('the host is gone', () => !isAlive(host));
  await until('the new one relays', () => events.firstFrame.length === 2);
  expect(await scene.rooms.participants('stage')).toEqual([RELAY]);
});

test('tokens are neither in the arguments nor in the environment of a host, and our keys are not either', async () => {
  await using scene = new Scene();
  await scene.avatar();
  await using media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  process.env['LIVEKIT_API_SECRET'] = 'a-secret-of-the-worker';
  const options = await scene.rooms.relayOptions();
  const relay = await media.start(options);
  const { pid } = media.hosts[0]!;
  const known = publicFacts(pid!);
  delete process.env['LIVEKIT_API_SECRET'];
  expect(known).toContain('main.ts');
  for (const secret of [options.source.token, options.stage.token, 'a-secret-of-the-worker']) expect(known).not.toContain(secret);
  await relay.close();
});
