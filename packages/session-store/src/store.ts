import type { Queue } from 'bullmq';
import type { FrontDesk } from './front-desk.ts';
import type { Ownership } from './ownership.ts';
import type { Upkeep } from './upkeep.ts';
import type { V1DoorState } from './v1-door-state.ts';
import type { WarmPool } from './warm-pool.ts';

/**
 * All that is kept in Redis. Every method throws StoreUnavailableError within milliseconds while Redis is
 * down, and UnknownSessionError for a session that is not there.
 */
export interface SessionStore extends FrontDesk, Ownership, Upkeep {
  readonly account: string;
  /** The lease queue: one job for each session that has not ended. */
  readonly queue: Queue;
  readonly v1Door: V1DoorState;
  readonly pool: WarmPool;
  close(reason?: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
