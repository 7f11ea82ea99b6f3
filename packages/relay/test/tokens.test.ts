import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { RtpParticipant } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { createMediaRelay } from '../src/index.ts';
import { RELAY } from './rooms.ts';
import { record, Scene } from './scene.ts';
import { until } from './until.ts';

/** Arguments and environment of a process, as anybody on the machine may read them. */
function publicFacts(pid: number): string {
  if (!existsSync(`/proc/${pid}`))
    return execFileSync('ps', ['eww', '-p', String(pid)], { encoding: 'utf8' });
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
}

test.concurrent.each(['rtp', 'transcode'] as const)(
  '%s: a relay comes back when the tokens that it was given have expired',
  async (engine) => {
    await using scene = new Scene();
    await scene.avatar();
    await using media = createMediaRelay({ engine, hosts: 1 });
    // LiveKit's server takes a token for another minute.
    const expires = Date.now() + 8_000;
    const grant = { canPublish: true, canPublishData: true, canUpdateOwnMetadata: true };
    const source = {
      ...(await scene.rooms.source()),
      token: await scene.rooms.token('vendor', 'client', {}, undefined, '-52s'),
    };
    const stage = {
      url: scene.rooms.url('stage'),
      token: await scene.rooms.token('stage', RELAY, grant, 'agent', '-52s'),
    };
    await using relay = await media.start({ id: scene.rooms.name, source, stage });
    const events = record(relay);
    await until('the tokens have expired', () => Date.now() > expires + 1_000);
    for (const { url, token } of [source, stage])
      await expect(RtpParticipant.connect({ url, token })).rejects.toMatchObject({ code: 'unauthorized' });
    process.kill(media.hosts[0]!.pid!, 'SIGKILL');
    await until('it is back', () => events.restarted.length === 1 || events.closed.length === 1);
    expect(events).toMatchObject({ restarting: [{ reason: 'host-died' }], failed: [], closed: [] });
    expect(await scene.rooms.participants('stage')).toEqual([RELAY]);
  },
);

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
  for (const secret of [options.source.token, options.stage.token, 'a-secret-of-the-worker'])
    expect(known).not.toContain(secret);
  await relay.close();
});
