import { setTimeout as delay } from 'node:timers/promises';
import type { SessionEnd, SessionId } from '@avatar-bridge/contracts';
import { DelayedError, WaitingError } from 'bullmq';
import { openRedis } from '../connection.ts';
import type { RedisClient } from '../connection.ts';
import {
  CancelledError,
  FencedError,
  SessionEndedError,
  StoreUnavailableError,
  UnknownSessionError,
} from '../errors.ts';
import { HeldLease } from './held-lease.ts';
import type { Keys } from '../record/keys.ts';
import { LeaseBullWorker } from './lease-bull-worker.ts';
import type { LeaseJob } from './lease-bull-worker.ts';
import type { LeaseLock } from './lease-locks.ts';
import { LeaseUpkeep } from './lease-upkeep.ts';
import { rateLimited } from '../log.ts';
import type { Lease, LeaseOptions, LeaseWorker, Logger } from '../types.ts';

/** An outage counts as a stall of every lease: that must never fail a session. */
const maxStalledCount = 1_000_000;
const crashDelay = 1_000;
const defaultMaxSilenceMs = 300_000;
/**
 * Without contact for so long the worker is taken for wedged, ms; BullMQ asks Redis every second, or renews.
 */
const silenceLimit = 15_000;
/** For BullMQ's own goodbye, once no session is held any more. */
const goodbyeTimeout = 2_000;
/** A session held for so long is no session on which workers crash, ms. */
const soundAfter = 300_000;
/** In BullMQ's delayed set until somebody wakes it, ms. A session lasts a month at most. */
const parkedFor = 60 * 86_400_000;
/** ms until a session that may not begin is asked about again. */
const setAsideFor = 1_000;

type Outcome = 'ended' | 'released' | 'parked' | 'set-aside';

export type LeaseRunnerOptions = LeaseOptions & {
  redisUrl: string;
  keys: Keys;
  logger?: Logger;
  /** Says that the session holds a slot. False: it had waited for one for too long. */
  takeSlot(id: SessionId): Promise<boolean>;
  /** Ends a session that had waited for too long. */
  expire(id: SessionId): Promise<unknown>;
  /** Ends the session: its lease crashed too often. */
  fail(lease: Lease, end: SessionEnd): Promise<unknown>;
  /** A parked session's job was put aside: what needed it before could not wake it. */
  wakeIfWanted(id: SessionId): Promise<unknown>;
  closed(): void;
};

/** Leases sessions and runs each for as long as it lasts. */
export class LeaseRunner implements LeaseWorker {
  readonly #options: LeaseRunnerOptions;
  readonly #lockDuration: number;
  readonly #redis: RedisClient;
  readonly #worker: LeaseBullWorker;
  readonly #upkeep: LeaseUpkeep;
  readonly #held = new Map<SessionId, { lease: HeldLease; lock: LeaseLock }>();
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(options: LeaseRunnerOptions) {
    const {
      keys,
      worker,
      capacity,
      lockDuration = 10_000,
      stalledInterval = 3_000,
      redisUrl,
      logger,
    } = options;
    this.#options = options;
    this.#lockDuration = lockDuration;
    this.#redis = openRedis(redisUrl, 'patient', `leases:${worker}`, { logger });
    this.#worker = new LeaseBullWorker(keys.queueName, (job, token) => this.#process(job, token as string), {
      connection: this.#redis,
      prefix: keys.queuePrefix,
      name: worker,
      concurrency: capacity,
      lockDuration,
      stalledInterval,
      maxStalledCount,
      // Both are done by LeaseUpkeep, which knows a silence of Redis from the death of a worker.
      skipLockRenewal: true,
      skipStalledCheck: true,
      drainDelay: 1,
      runRetryDelay: 1_000,
      autorun: false,
    });
    const log = rateLimited(logger);
    const onError = (error: Error) =>
      log('warn', error.message, { worker, error: error.message }, 'lease worker error');
    this.#worker.on('error', onError);
    this.#upkeep = new LeaseUpkeep({
      redis: this.#redis,
      toKey: (name) => this.#worker.toKey(name),
      lockDuration,
      stalledInterval,
      held: () => [...this.#held.values()].filter(({ lease }) => !lease.fenced.aborted),
      requeueStalled: () => this.#worker.requeueStalled(),
      contact: () => (this.#worker.lastContact = performance.now()),
      failed: onError,
    });
    this.#worker.run().catch(onError);
  }

  get active(): ReadonlySet<SessionId> {
    return new Set(this.#held.keys());
  }

  health(): { ok: boolean; detail: string } {
    if (this.#closing) return { ok: false, detail: 'it is closing' };
    const limit = Math.max(silenceLimit, this.#lockDuration);
    const silence = Math.round(performance.now() - this.#worker.lastContact);
    return { ok: silence < limit, detail: `last contact with Redis ${silence} ms ago` };
  }

  close(reason = 'drain', { deadline = 10_000 }: { deadline?: number } = {}): Promise<void> {
    this.#closing ??= this.#drain(reason, deadline);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #drain(reason: string, deadline: number): Promise<void> {
    // First closed, then handed over: the other way round this very worker would take its own leases again.
    const goodbye = this.#worker.close().catch(() => {});
    for (const { lease } of this.#held.values()) lease.handOver(reason);
    const settled = Promise.allSettled(this.#running);
    if (!(await within(settled, deadline))) {
      for (const { lease } of this.#held.values())
        lease.fence('its worker was closed before it was handed over');
    }
    this.#upkeep.close();
    await within(goodbye, goodbyeTimeout);
    this.#redis.disconnect();
    this.#options.closed();
  }

  #track<T>(run: Promise<T>): Promise<T> {
    this.#running.add(run);
    const forget = () => this.#running.delete(run);
    run.then(forget, forget);
    return run;
  }

  async #process(job: LeaseJob, token: string): Promise<string> {
    const sessionId = job.id as SessionId;
    const asked = performance.now() - Math.max(0, Date.now() - (job.processedOn ?? Date.now()));
    const epoch = job.data.base + job.attemptsStarted;
    const { maxSilenceMs = defaultMaxSilenceMs } = this.#options;
    const lockDuration = this.#lockDuration;
    const lease = new HeldLease({ sessionId, epoch, lockDuration, maxSilenceMs, since: asked });
    const held = { lease, lock: { id: sessionId, token, begun: job.attemptsStarted } };
    this.#held.set(sessionId, held);
    if (this.#closing) lease.handOver('drain');
    try {
      // It had to wait for a former run: what is left of the lock may not last until it is renewed. Another
      // one is asked for.
      const stale = lease.remaining() < lockDuration / 2;
      const outcome = stale ? 'released' : await this.#track(this.#run(job, lease));
      if (outcome === 'released') {
        // To the front of the queue: those who wait for a slot have not begun, this one has viewers. Refused
        // if the lock is gone.
        await job.moveToWait(token);
        throw new WaitingError();
      }
      if (outcome === 'parked') {
        await job.moveToDelayed(Date.now() + parkedFor, token);
        // `reconcile` does it if this fails.
        await this.#options.wakeIfWanted(sessionId).catch(() => {});
        throw new DelayedError();
      }
      if (outcome === 'set-aside') {
        // When it comes back, it goes before those that have not begun: it came before them.
        await this.#redis.hset(this.#worker.toKey(sessionId), 'priority', 0);
        await job.moveToDelayed(Date.now() + setAsideFor, token);
        throw new DelayedError();
      }
      return outcome;
    } finally {
      lease.release();
      if (this.#held.get(sessionId) === held) this.#held.delete(sessionId);
    }
  }

  async #run(job: LeaseJob, lease: HeldLease): Promise<Outcome> {
    const { worker, logger } = this.#options;
    const { sessionId, epoch } = lease;
    const begun = performance.now();
    try {
      if ((await this.#options.mayBegin?.(sessionId)) === false) return 'set-aside';
      if (await this.#options.takeSlot(sessionId)) return await this.#options.run(lease, lease.signal);
      await this.#options.expire(sessionId);
      return 'ended';
    } catch (error) {
      if (error instanceof SessionEndedError || error instanceof UnknownSessionError) return 'ended';
      if (lease.remaining() === 0 || (lease.signal.aborted && error instanceof CancelledError))
        return 'released';
      if (error instanceof FencedError || error instanceof StoreUnavailableError) {
        // Its epoch is too old, and the next one is newer; or Redis went away, which is nobody's crash.
        await this.#pause(lease);
        return 'released';
      }
      logger?.error({ worker, sessionId, epoch, err: error }, 'lease crashed');
      if (performance.now() - begun >= soundAfter) await this.#forgetCrashes(job);
      if (job.attemptsMade + 1 >= (job.opts.attempts ?? 1)) {
        await this.#options.fail(lease, {
          outcome: 'failed',
          code: 'worker-crashed',
          message: 'Workers crashed on it again and again: see their logs',
        });
        return 'ended';
      }
      await this.#pause(lease);
      // Tried again before those who wait for a slot.
      job.opts.lifo = true;
      throw error;
    }
  }

  /** What crashes once in a while is not what crashes again and again. */
  async #forgetCrashes(job: LeaseJob): Promise<void> {
    job.attemptsMade = 0;
    await this.#redis.hset(this.#worker.toKey(job.id as string), 'atm', 0);
  }

  async #pause(lease: HeldLease): Promise<void> {
    await delay(crashDelay, undefined, { signal: lease.signal }).catch(() => {});
  }
}

/** @returns false if `ms` were not enough */
async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timeout = new AbortController();
  const won = await Promise.race([work.then(() => true), delay(ms, false, { signal: timeout.signal })]);
  timeout.abort();
  return won;
}
