import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'bullmq';
import type { Job } from 'bullmq';
import type { LeaseData } from './lease-queue.ts';

/** Redis refuses writes: without a pause BullMQ would ask again thousands of times a second. */
const refusedDelay = 1_000;

export type LeaseJob = Job<LeaseData, string>;

/** BullMQ's worker, for jobs that last as long as a session and whose locks somebody else renews. */
export class LeaseBullWorker extends Worker<LeaseData, string> {
  /** When it last got through to Redis, by `performance.now()`. */
  lastContact = performance.now();
  /** The newest run of each job in this process, by id. */
  readonly #runs = new Map<string, Promise<unknown>>();

  /**
   * Runs of one job follow each other: one that was fenced takes its time to leave, and this worker may have the
   * job again by then. The lock of a run that has to wait is not renewed; it may be another's when its turn comes.
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

  /** Puts jobs back in the queue whose locks have run out, at the second look. */
  async requeueStalled(): Promise<void> {
    // BullMQ has no public name for it.
    await (this as unknown as { moveStalledJobsToWait(): Promise<void> }).moveStalledJobsToWait();
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
