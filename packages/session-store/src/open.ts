import { Admission } from './admission.ts';
import { Connection, openRedis, settled } from './connection.ts';
import { frontDesk } from './front-desk.ts';
import { LeaseQueue } from './lease/lease-queue.ts';
import { ownership } from './ownership.ts';
import { QueuePositions } from './queue-positions.ts';
import { warnOfSettings } from './redis-settings.ts';
import { Keys } from './record/keys.ts';
import { Sessions } from './record/sessions.ts';
import { defaultRetention } from './retention.ts';
import { SessionEnds } from './session-ends.ts';
import type { SessionStore } from './store.ts';
import type { StoreParts } from './store-parts.ts';
import { Subscriptions } from './subscriptions.ts';
import type { LeaseWorker, StoreOptions } from './types.ts';
import { upkeep } from './upkeep.ts';
import { VendorLedger } from './vendor-ledger.ts';
import { V1DoorState } from './v1-door-state.ts';
import { WarmPool } from './warm-pool.ts';

/**
 * How long the first connection is waited for, ms. Without Redis the store opens nevertheless, and works when
 * Redis comes.
 */
const connectPatience = 1_000;

/** Opens a store: one connection for commands, one for subscriptions, and two for each `leases`. */
export async function openSessionStore(options: StoreOptions): Promise<SessionStore> {
  const { redisUrl, account = 'default', logger } = options;
  const keys = new Keys(account);
  const redis = openRedis(redisUrl, 'failFast', `store:${account}`, {
    logger,
    commandTimeout: options.answerWithinMs,
  });
  const subscriber = openRedis(redisUrl, 'subscriber', `subscriptions:${account}`, { logger });
  const connection = new Connection(redis);
  if (logger) redis.once('ready', () => void warnOfSettings(redis, logger).catch(() => {}));
  const leaseQueue = new LeaseQueue(connection, keys, logger);
  const retention = { ...defaultRetention, ...options.retention };
  const admission = new Admission({ connection, keys, leaseQueue, queueLimit: options.queueLimit ?? 100 });
  const closing = new AbortController();
  const parts: StoreParts = {
    redisUrl,
    connection,
    subscriptions: new Subscriptions(subscriber),
    keys,
    leaseQueue,
    sessions: new Sessions({ connection, keys, leaseQueue, admission }),
    admission,
    positions: new QueuePositions({
      connection,
      keys,
      leaseQueue,
      admission,
      retention,
      closing: closing.signal,
    }),
    ends: new SessionEnds({ connection, keys, admission, retention }),
    ledger: new VendorLedger({ connection, keys, leaseQueue, retention }),
    retention,
    mailboxLimit: options.mailboxLimit ?? 500,
    closing: closing.signal,
    ...(logger && { logger }),
  };
  const leaseWorkers = new Set<LeaseWorker>();
  let closed: Promise<void> | undefined;
  const shutDown = async (reason: string) => {
    await Promise.all([...leaseWorkers].map((worker) => worker.close(reason)));
    closing.abort(reason);
    parts.subscriptions.close();
    await leaseQueue.close();
    redis.disconnect();
  };
  const close = (reason = 'closed') => (closed ??= shutDown(reason));
  await Promise.all([settled(redis, connectPatience), settled(subscriber, connectPatience)]);
  return {
    account,
    queue: leaseQueue.queue,
    v1Door: new V1DoorState(connection, keys),
    pool: new WarmPool(parts),
    ...frontDesk(parts),
    ...ownership(parts, leaseWorkers),
    ...upkeep(parts),
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}
