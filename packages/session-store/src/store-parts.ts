import type { Admission } from './admission.ts';
import type { Connection } from './connection.ts';
import type { LeaseQueue } from './lease/lease-queue.ts';
import type { Keys } from './record/keys.ts';
import type { QueuePositions } from './queue-positions.ts';
import type { Sessions } from './record/sessions.ts';
import type { SessionEnds } from './session-ends.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { Logger, Retention } from './types.ts';
import type { VendorLedger } from './vendor-ledger.ts';

/** What the front desk, ownership and upkeep of one store share. */
export type StoreParts = {
  redisUrl: string;
  connection: Connection;
  subscriptions: Subscriptions;
  keys: Keys;
  leaseQueue: LeaseQueue;
  sessions: Sessions;
  admission: Admission;
  positions: QueuePositions;
  ends: SessionEnds;
  ledger: VendorLedger;
  retention: Retention;
  mailboxLimit: number;
  /** Aborts when the store closes. */
  closing: AbortSignal;
  logger?: Logger;
};
