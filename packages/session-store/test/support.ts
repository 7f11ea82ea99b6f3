import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { MessageRequest, SessionRequest } from '@avatar-bridge/contracts';
import type { SessionId, StreamedEvent } from '@avatar-bridge/contracts';
import { inject, onTestFinished } from 'vitest';
import { openSessionStore } from '../src/index.ts';
import type { LeaseOptions, LeaseWorker, OwnedSession, SessionStore, StoreOptions } from '../src/index.ts';

/** An account of a test's own. */
export const freshAccount = () => `t${randomUUID().slice(0, 13)}`;

/** Locks as short as a busy machine bears. */
export const quickLeases = { lockDuration: 3_000, stalledInterval: 500 };

export async function openStore(options: Partial<StoreOptions> = {}): Promise<SessionStore> {
  const store = await openSessionStore({ redisUrl: inject('redisUrl'), account: freshAccount(), ...options });
  onTestFinished(() => store.close());
  return store;
}

export async function createSession(store: SessionStore): Promise<SessionId> {
  return (await store.createSession(SessionRequest.parse({}))).session.id;
}

/** A session that somebody owns, without a lease. */
export async function ownedSession(store: SessionStore, epoch = 1): Promise<OwnedSession> {
  return store.claim(await createSession(store), { epoch, worker: `worker-${epoch}` });
}

export async function post(store: SessionStore, id: SessionId, text: string) {
  return (await store.postMessage(id, MessageRequest.parse({ text }))).message;
}

/** Leases that are closed after the test, whatever their `run` does. */
export function leases(store: SessionStore, options: LeaseOptions): LeaseWorker {
  const worker = store.leases({ ...quickLeases, ...options });
  onTestFinished(() => worker.close('test over', { deadline: 1_000 }));
  return worker;
}

/** A session that somebody owns and holds the lease of. */
export async function leasedSession(store: SessionStore): Promise<OwnedSession> {
  const claimed = Promise.withResolvers<OwnedSession>();
  leases(store, {
    worker: 'w',
    capacity: 1,
    async run({ sessionId, epoch }, signal) {
      claimed.resolve(await store.claim(sessionId, { epoch, worker: 'w' }));
      await aborted(signal);
      return 'released';
    },
  });
  await createSession(store);
  return claimed.promise;
}

export function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}

/** Waits until `check` gives something. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  timeout = 10_000,
): Promise<NonNullable<Awaited<T>>> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (performance.now() > deadline)
      throw new Error(`It did not come within ${timeout} ms: ${String(check)}`);
    await delay(20);
  }
}

/** The next `count` of what comes. */
export async function take<T>(source: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  if (count === 0) return taken;
  for await (const item of source) if (taken.push(item) === count) break;
  return taken;
}

/** Everything until the source ends. */
export async function collect<T>(source: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const item of source) into.push(item);
  return into;
}

export const types = (events: readonly StreamedEvent[]) => events.map((event) => event.type);
