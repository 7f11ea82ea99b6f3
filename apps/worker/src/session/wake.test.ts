import { expect, it } from 'vitest';
import { Wake } from './wake.ts';

it('sleeps until it is woken', async () => {
  const wake = new Wake();
  const sleep = wake.sleep();
  wake.wake();
  await expect(sleep).resolves.toBeUndefined();
});

it('does not sleep through news that came before', async () => {
  const wake = new Wake();
  wake.wake();
  await expect(wake.sleep()).resolves.toBeUndefined();
});

it('wakes by itself at the deadline', async () => {
  const started = Date.now();
  await new Wake().sleep(started + 30);
  expect(Date.now() - started).toBeGreaterThanOrEqual(25);
});
