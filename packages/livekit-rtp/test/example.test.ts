import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dispose, Room, VideoCodec } from '@livekit/rtc-node';
import { afterAll, expect, inject, test } from 'vitest';
import { decode, publishTone, publishVideo } from './rtc-node.ts';
import { cleanup, joinRtc, roomName, token, until } from './support.ts';

afterAll(() => dispose());

const example = fileURLToPath(new URL('../examples/forward-tracks.ts', import.meta.url));

test('the README shows the example that is tested here', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(readFileSync(example, 'utf8').trim());
});

test('the example carries picture and sound from one server to another, and its process ends by itself', async () => {
  const { vendor, stage } = inject('livekit');
  const [from, to] = [roomName(), roomName()];
  const viewer = new Room();
  const decoded = decode(viewer);
  await joinRtc(viewer, to, 'viewer', stage);
  const avatar = new Room();
  await joinRtc(avatar, from, 'avatar', vendor);
  const child = spawn(process.execPath, [example], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      SOURCE_URL: vendor.url,
      SOURCE_TOKEN: await token(from, 'forwarder', {}, vendor),
      TARGET_URL: stage.url,
      TARGET_TOKEN: await token(to, 'forwarder', {}, stage),
    },
  });
  cleanup(() => void child.kill('SIGKILL'));
  await publishVideo(avatar, VideoCodec.H264);
  await publishTone(avatar);
  await until(
    () => [...decoded.video.values()][0]! >= 60 && [...decoded.loudAudio.values()][0]! >= 200,
    'two seconds are decoded',
  );
  const startedAt = performance.now();
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});
