import type { RedisClient } from '../connection.ts';

/**
 * Renews the locks of leases, and takes those again that ran out while Redis was silent: as long as nobody else
 * has begun on the job since (BullMQ counts beginnings in `ats`), it is still ours. A job that was put back in
 * the queue meanwhile is taken out again.
 *
 * ARGV: ms that a lock lasts, the queue's prefix, then an id, a token and the count of beginnings for each job.
 * Answers the ids of the jobs that are ours no more.
 */
const keepLocks = `
local stalled, active, wait = KEYS[1], KEYS[2], KEYS[3]
local duration, base = ARGV[1], ARGV[2]
local lost = {}
for i = 3, #ARGV, 3 do
  local id, token, begun = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local lock = base .. id .. ':lock'
  local holder = redis.call('GET', lock)
  local ours = holder == token
  if not holder and redis.call('HGET', base .. id, 'ats') == begun then
    ours = redis.call('LPOS', active, id) ~= false
    if not ours and redis.call('LREM', wait, 1, id) == 1 then
      redis.call('LPUSH', active, id)
      ours = true
    end
  end
  if ours then
    redis.call('SET', lock, token, 'PX', duration)
    redis.call('SREM', stalled, id)
  else
    lost[#lost + 1] = id
  end
end
return lost`;

export type LeaseLock = { id: string; token: string; begun: number };

type KeepLocks = (...args: (string | number)[]) => Promise<string[]>;

/** The locks of leases in Redis, as BullMQ has them. */
export class LeaseLocks {
  readonly #redis: RedisClient;
  readonly #toKey: (name: string) => string;

  /** @param redis a connection that waits while Redis is away */
  constructor(redis: RedisClient, toKey: (name: string) => string) {
    this.#redis = redis;
    this.#toKey = toKey;
    redis.defineCommand('keepLocks', { numberOfKeys: 3, lua: keepLocks });
  }

  /** Resolves with the ids of those that are ours no more; waits while Redis is away. */
  async keep(locks: readonly LeaseLock[], durationMs: number): Promise<string[]> {
    const keys = ['stalled', 'active', 'wait'].map((name) => this.#toKey(name));
    const jobs = locks.flatMap(({ id, token, begun }) => [id, token, begun]);
    const { keepLocks: keep } = this.#redis as unknown as { keepLocks: KeepLocks };
    return keep.call(this.#redis, ...keys, durationMs, this.#toKey(''), ...jobs);
  }
}
