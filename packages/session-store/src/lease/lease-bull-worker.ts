import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'bullmq';
import type { Job } from 'bullmq';
import type { LeaseData } from './lease-queue.ts';

/** Redis refuses writes: without a pause BullMQ would ask again thousands of times a second. */
const refusedDelay = 1_000;

export type LeaseJob = Job<LeaseData, string>;

/** What BullMQ's worker does not say by itself: when a renewal was asked for, and when it last got through to Redis. */
export class LeaseBullWorker extends Worker<LeaseData, string> {
  onRenewal: (outcome: { renewed: string[]; lost: string[]; since: number }) => void = () => {};
  /** Which locks to let run out. */
  abandoned: (id: string) => boolean = () => false;
  /** By `performance.now()`. */
  lastContact = performance.now();
  /** The newest run of each job in this process, by id. */
  readonly #runs = new Map<string, Promise<unknown>>();

  /**
   * Runs of one job follow each other: BullMQ renews locks by job id, so the end of a former run would stop the renewals of the
   * next one. The lock of a run that has to wait is not renewed; it may be another's when its turn comes.
   */
  override async processJob(
    job: LeaseJob,
    token: string,
    fetchNext?: () => boolean,
  ): Promise<void | LeaseJob> {
    const id = job.id as string;
    const former = this.#runs.get(id) ?? Promise.resolve();
    const run = former.then(() => super.processJob(job, token, fetchNext));
    const over = Promise.allSettled([run]);
    this.#runs.set(id, over);
    try {
      return await run;
    } finally {
      if (this.#runs.get(id) === over) this.#runs.delete(id);
    }
  }

  override async extendJobLocks(ids: string[], tokens: string[], duration: number): Promise<string[]> {
    const since = performance.now();
    const kept = ids.flatMap((id, i) => (this.abandoned(id) ? [] : [{ id, token: tokens[i] as string }]));
    if (kept.length === 0) return [];
    const lost = await super.extendJobLocks(
      kept.map(({ id }) => id),
      kept.map(({ token }) => token),
      duration,
    );
    this.lastContact = performance.now();
    this.onRenewal({ renewed: kept.flatMap(({ id }) => (lost.includes(id) ? [] : id)), lost, since });
    return lost;
  }

  protected override async moveToActive(token: string, name?: string): Promise<LeaseJob> {
    try {
      const job = await super.moveToActive(token, name);
      this.lastContact = performance.now();
      return job;
    } catch (error) {
      await delay(refusedDelay);
      throw error;
    }
  }
}
