import { expect, test } from 'vitest';
import { Wake } from './wake.ts';

test('a call while somebody waits wakes him', async () => {
  const wake = new Wake();
  const waiting = wake.wait();
  wake.notify();
  await expect(waiting).resolves.toBeUndefined();
});

test('calls while nobody waits are kept as one for the next wait', async () => {
  const wake = new Wake();
  wake.notify();
  wake.notify();
  await wake.wait();
  const begun = performance.now();
  await wake.wait(30);
  expect(performance.now() - begun).toBeGreaterThan(20);
});

test('a wait ends by itself when nobody calls', async () => {
  const wake = new Wake();
  await wake.wait(10);
  const next = wake.wait();
  wake.notify();
  await expect(next).resolves.toBeUndefined();
});
