import { Connection, openRedis, settled } from './connection.ts';
import { Keys } from './keys.ts';
import { LeaseQueue } from './lease-queue.ts';
import { RedisSessionStore } from './store.ts';
import { Subscriptions } from './subscriptions.ts';
import type { Retention, SessionStore, StoreOptions } from './types.ts';

const day = 86_400_000;
export const defaultRetention: Retention = {
  endedSession: day,
  events: 10_000,
  messages: 10_000,
  idempotency: day,
};

/** How long the first connection is waited for, ms. Without Redis the store opens nevertheless, and works when Redis comes. */
const connectPatience = 1_000;

/** Opens a store: one connection for commands, one for subscriptions, and two for each `leases`. */
export async function openSessionStore(options: StoreOptions): Promise<SessionStore> {
  const { redisUrl, account = 'default', logger } = options;
  const keys = new Keys(account);
  const redis = openRedis(redisUrl, 'failFast', `store:${account}`, logger);
  const subscriber = openRedis(redisUrl, 'failFast', `subscriptions:${account}`, logger);
  const connection = new Connection(redis);
  const leaseQueue = new LeaseQueue(connection, keys, logger);
  const store = new RedisSessionStore({
    account,
    redisUrl,
    connection,
    subscriptions: new Subscriptions(subscriber),
    keys,
    leaseQueue,
    retention: { ...defaultRetention, ...options.retention },
    mailboxLimit: options.mailboxLimit ?? 500,
    ...(logger && { logger }),
  });
  await Promise.all([settled(redis, connectPatience), settled(subscriber, connectPatience)]);
  return store;
}
