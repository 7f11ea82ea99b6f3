import { pino } from 'pino';
import { expect, test } from 'vitest';
import { now } from '../clock.ts';
import { createMetrics } from '../metrics.ts';
import type { ProviderSession } from '../providers/avatar-provider.ts';
import { KeepAlive } from './keep-alive.ts';

test('a session that is attached over and over again is kept alive all the same', () => {
  const calls: number[] = [];
  const session = {
    keepAliveMs: 1_000,
    keepAlive: async () => void calls.push(calls.length),
  } as Partial<ProviderSession> as ProviderSession;
  const keepAlive = new KeepAlive({
    metrics: createMetrics(),
    logger: pino({ enabled: false }),
    lost: (error) => expect.unreachable(error.message),
    wake: () => {},
  });
  keepAlive.attach(session);
  const due = keepAlive.act(now());
  keepAlive.attach(session);
  expect(keepAlive.act(now())).toBe(due);
  expect(calls).toEqual([]);
  expect(keepAlive.act(due)).toBe(due + 1_000);
  expect(calls).toHaveLength(1);
  keepAlive.detach();
  expect(keepAlive.act(due + 1_000)).toBe(Number.POSITIVE_INFINITY);
  expect(calls).toHaveLength(1);
});
