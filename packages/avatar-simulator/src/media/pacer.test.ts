import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Pacer } from './pacer.ts';
import type { Paced } from './pacer.ts';

function every(ms: number): Paced & { ticks: number } {
  return {
    due: performance.now(),
    ticks: 0,
    tick() {
      this.ticks++;
      this.due += ms;
    },
  };
}

test('each stream is ticked as often as it is due', async () => {
  const pacer = new Pacer();
  const streams = [every(20), every(1000 / 30)];
  const start = performance.now();
  for (const stream of streams) pacer.add(stream);
  await sleep(1000);
  const elapsed = performance.now() - start;
  for (const stream of streams) pacer.remove(stream);
  expect(Math.abs(streams[0]!.ticks - elapsed / 20)).toBeLessThan(3);
  expect(Math.abs(streams[1]!.ticks - (elapsed * 30) / 1000)).toBeLessThan(3);
});

test('a stream that another one removes is ticked no more', async () => {
  const pacer = new Pacer();
  const victim = every(10);
  const remover: Paced = {
    due: performance.now(),
    tick() {
      this.due += 10_000;
      pacer.remove(victim);
    },
  };
  pacer.add(remover);
  pacer.add(victim);
  await sleep(100);
  pacer.remove(remover);
  expect(victim.ticks).toBe(0);
});
