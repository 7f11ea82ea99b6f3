import { afterAll, expect, test } from 'vitest';
import { createMediaRelay } from '../src/index.ts';
import type { Avatar } from './avatar.ts';
import { Scene } from './scene.ts';

const media = createMediaRelay({ engine: 'rtp', hosts: 1 });
afterAll(() => media.close());

/** The voice, reports included, leaves the avatar so many ms after it was captured. */
function delayVoice({ audio }: Avatar, delay: number): void {
  const send = audio.send.bind(audio);
  audio.send = (packet) => {
    const copy = Buffer.from(packet);
    setTimeout(() => send(copy), delay);
    return true;
  };
}

test.concurrent.each([
  { what: 'a voice that comes with its picture', delay: 0, from: -40, to: 40 },
  { what: 'a voice that comes later than its picture', delay: 120, from: 90, to: 150 },
])('$what is told to be so', async ({ delay, from, to }) => {
  await using scene = new Scene();
  const avatar = await scene.avatar();
  if (delay > 0) delayVoice(avatar, delay);
  const { relay } = await scene.relay(media);
  const skew = async (): Promise<number | undefined> => (await relay.stats()).skew;
  await expect
    .poll(skew, { timeout: 15_000 })
    .toSatisfy((ms?: number) => ms !== undefined && ms >= from && ms <= to);
});
