import { parseRedisUrl, type RedisPlace } from '@avatar-bridge/contracts';
import { Cluster, Redis } from 'ioredis';
import type { ClusterOptions, RedisOptions } from 'ioredis';
import { StoreUnavailableError } from './errors.ts';
import { rateLimited } from './log.ts';
import * as scripts from './scripts/index.ts';
import type { Script } from './scripts/script.ts';
import type { Logger } from './types.ts';

/** A connection to one server, or to the nodes of a Cluster. */
export type RedisClient = Redis | Cluster;

/** An answer of a script: a status, and what belongs to it. */
export type Answer = [status: string, ...rest: unknown[]];

/**
 * Errors in which Redis says that it can't serve now. Before Redis 7 those of a script come wrapped:
 * `ERR Error running script (call to f_…): @user_script:9: @user_script: 9: -READONLY You can't write …`.
 */
const passing =
  /(^|: -)(LOADING|READONLY|MISCONF|OOM|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|NOREPLICAS|BUSY|UNBLOCKED)\b/;
const readOnly = /(^|: -)READONLY\b/;

/** Back within a second of Redis, however long it was away. */
function pause(times: number): number {
  return Math.min(50 * 2 ** Math.min(times - 1, 4), 800);
}

const primaryPauseMs = 1_000;

/**
 * A Cluster's node that is gone, or a Cluster that is not whole: for `failFast` as for a single server an
 * error, at once.
 */
const clusterFailFast: ClusterOptions = { retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 };

const clusterPatient: ClusterOptions = {
  maxRedirections: Number.POSITIVE_INFINITY,
  // Nodes that disagree send a command back and forth.
  retryDelayOnMoved: 50,
};

const common: RedisOptions = {
  protocol: 2,
  retryStrategy: pause,
  connectTimeout: 2_000,
  keepAlive: 10_000,
};

/**
 * For callers that want to know at once. A command is never sent twice: with 0 retries, those under way when
 * the connection breaks are rejected right then; with more, ioredis would send them again, or without
 * resending forget them.
 */
const failFast: RedisOptions = {
  ...common,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResubscribe: false,
  commandTimeout: 5_000,
  // A peer that is gone without a word: no answer for so long breaks the connection.
  socketTimeout: 6_000,
};

/**
 * For BullMQ's workers, which wait until Redis is back. They block for up to 10 s: only a longer silence
 * means that the peer is gone.
 */
const patient: RedisOptions = { ...common, maxRetriesPerRequest: null, socketTimeout: 15_000 };

export function openRedis(
  url: string,
  kind: 'failFast' | 'patient' | 'subscriber',
  name: string,
  { logger, commandTimeout }: { logger?: Logger | undefined; commandTimeout?: number | undefined } = {},
): RedisClient {
  const options: RedisOptions = {
    ...(kind === 'patient' ? patient : failFast),
    reconnectOnError: findPrimary(),
    ...(commandTimeout !== undefined && { commandTimeout }),
    connectionName: name,
  };
  const redis = kind === 'subscriber' ? subscriber(url, options) : connect(url, options);
  const log = rateLimited(logger);
  redis.on('error', (error: Error) =>
    log('warn', error.message, { connection: name, error: error.message }, 'redis connection error'),
  );
  return redis;
}

/** A primary that became a replica: look for the new one, but not again and again while there is none. */
function findPrimary(): (error: Error) => 2 | false {
  let looked = -Infinity;
  return (error) => {
    const now = performance.now();
    if (!readOnly.test(error.message) || now - looked < primaryPauseMs) return false;
    looked = now;
    return 2;
  };
}

function connect(url: string, options: RedisOptions): RedisClient {
  const place = parseRedisUrl(url);
  if (!place) throw new TypeError('It is no URL of a Redis');
  if (place.kind === 'single') return new Redis(place.url, options);
  const { kind, addresses, tls } = place;
  const access: RedisOptions = { ...options, ...accessTo(place) };
  if (kind === 'sentinel') {
    // The Sentinels are asked without a password: theirs is not Redis'.
    const asked = { sentinels: addresses, name: place.name, enableTLSForSentinelMode: tls };
    return new Redis({ ...access, ...asked, sentinelRetryStrategy: pause });
  }
  const { retryStrategy: _, reconnectOnError: __, enableOfflineQueue, ...node } = access;
  return new Cluster(addresses, {
    redisOptions: node,
    clusterRetryStrategy: pause,
    ...(options.maxRetriesPerRequest === null ? clusterPatient : clusterFailFast),
    ...(enableOfflineQueue !== undefined && { enableOfflineQueue }),
  });
}

function accessTo({ tls, username, password }: Exclude<RedisPlace, { kind: 'single' }>): RedisOptions {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
  };
}

/**
 * Every node of a Cluster gets what is published on any. ioredis would go to another node in silence, and
 * what was published meanwhile would be missed: one connection to the next node shows where it broke.
 */
function subscriber(url: string, options: RedisOptions): RedisClient {
  const place = parseRedisUrl(url);
  if (place?.kind !== 'cluster') return connect(url, options);
  const { addresses } = place;
  let next = 0;
  const redis = new Redis({
    ...options,
    ...addresses[0],
    ...accessTo(place),
    retryStrategy: (times) => {
      next = (next + 1) % addresses.length;
      Object.assign(redis.options, addresses[next]);
      return pause(times);
    },
  });
  return redis;
}

/** Waits until the connection works or `ms` have passed, whichever is first. */
export async function settled(redis: RedisClient, ms: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      redis.off('ready', done);
      redis.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    redis.once('ready', done);
    redis.once('close', done);
  });
}

type ScriptCommand = (...args: (string | number)[]) => Promise<Answer>;

/**
 * The connection that commands and scripts go over. Throws StoreUnavailableError where ioredis throws
 * whatever it does.
 */
export class Connection {
  readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
    for (const { name, keys, lua } of Object.values(scripts))
      redis.defineCommand(name, { numberOfKeys: keys.length, lua });
  }

  async run<K extends string, A extends string>(
    script: Script<K, A>,
    keys: Readonly<Record<K, string>>,
    args: Readonly<Record<A, string | number>>,
    rest: readonly (string | number)[] = [],
  ): Promise<Answer> {
    const command = (this.redis as unknown as Record<string, ScriptCommand>)[script.name] as ScriptCommand;
    const values: (string | number)[] = [];
    for (const key of script.keys) values.push(keys[key]);
    for (const arg of script.args) values.push(args[arg]);
    for (const value of rest) values.push(value);
    try {
      return await command.apply(this.redis, values);
    } catch (error) {
      throw unavailable(error);
    }
  }

  async call<T>(command: (redis: RedisClient) => Promise<T>): Promise<T> {
    try {
      return await command(this.redis);
    } catch (error) {
      throw unavailable(error);
    }
  }
}

/**
 * StoreUnavailableError, unless it is a bug of ours: JavaScript's own errors, and what Redis says of a
 * command that is wrong.
 */
export function unavailable(error: unknown): unknown {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError)
    return error;
  const isReply = error instanceof Error && error.name === 'ReplyError';
  return isReply && !passing.test(error.message) ? error : new StoreUnavailableError(error);
}
