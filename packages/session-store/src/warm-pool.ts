import { randomUUID } from 'node:crypto';
import type { Connection } from './connection.ts';
import type { LeaseQueue } from './lease/lease-queue.ts';
import type { Keys } from './record/keys.ts';
import * as scripts from './scripts/index.ts';
import type { PooledVendorSession, PoolPlace, SlotAccount, VendorSessionRef } from './types.ts';
import { accountArgs, ledgerField } from './vendor-ledger.ts';

/** ms that opening a vendor session may take; its slot is free again afterwards. */
const reservationTtl = 60_000;
/** ms of silence after which a keeper is taken for dead. */
const keeperTtl = 30_000;

type Ref = Pick<VendorSessionRef, 'provider' | 'id'>;

/**
 * An account's vendor sessions that are kept ready for sessions to come, whichever worker opened them. They
 * are in the account's list like all others; a session takes one with `OwnedSession.askPool`.
 */
export class WarmPool {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #queue: LeaseQueue['queue'];

  constructor(parts: { connection: Connection; keys: Keys; leaseQueue: LeaseQueue }) {
    this.#connection = parts.connection;
    this.#keys = parts.keys;
    this.#queue = parts.leaseQueue.queue;
  }

  /**
   * Says that a keeper lives, which it must well within 30 s. Gives all that are kept, by whomever, oldest
   * first.
   */
  async keep(keeper: string): Promise<PooledVendorSession[]> {
    return entries(await this.#connection.run(scripts.keepPool, this.#keys.account, { keeper }));
  }

  /**
   * Asks for a slot for another one of a `key`, of which there may be `most`; the account is that of its
   * provider, if it has slots of its own. Undefined: there are enough, or the slots are needed by sessions.
   * What this gives is for `record` or `release`, and lapses after 60 s.
   */
  async reserve(key: string, most: number, account?: SlotAccount): Promise<string | undefined> {
    const keys = {
      ...this.#keys.account,
      queueActive: this.#queue.toKey('active'),
      queueMeta: this.#queue.toKey('meta'),
      queueWait: this.#queue.toKey('wait'),
      queuePrioritized: this.#queue.toKey('prioritized'),
    };
    const args = { key, most, reservation: randomUUID(), ttl: reservationTtl, ...accountArgs(account) };
    const { reservePooled } = scripts;
    const [status, name] = await this.#connection.run(reservePooled, keys, args, account?.providers);
    return status === 'ok' ? (name as string) : undefined;
  }

  async release(reservation: string): Promise<void> {
    await this.#connection.call((redis) => redis.zrem(this.#keys.account.slotReservations, reservation));
  }

  /**
   * Write it before the vendor session is used, and again when more is known of it. False: it must not be
   * kept.
   */
  async record(ref: VendorSessionRef, { key, keeper }: PoolPlace, reservation: string): Promise<boolean> {
    const entry: PooledVendorSession = { ...ref, pool: { key, keeper } };
    const args = { field: ledgerField(ref), entry: JSON.stringify(entry), keeper, reservation };
    const [status] = await this.#connection.run(scripts.recordPooled, this.#keys.account, args);
    return status === 'ok';
  }

  /**
   * Lets sessions take it for the next `usableMs`; with 0, no more. False: it is not this keeper's any more.
   */
  async offer(ref: Ref, keeper: string, usableMs: number): Promise<boolean> {
    const args = { field: ledgerField(ref), keeper, usableMs: Math.round(usableMs) };
    const [status] = await this.#connection.run(scripts.markPooled, this.#keys.account, args);
    return status === 'ok';
  }

  /** Those whose keeper is dead. Nobody can take them any more: stop them, then `forgetVendorSession`. */
  async claimStale(claimant: string): Promise<PooledVendorSession[]> {
    const args = { claimant, ttl: keeperTtl };
    return entries(await this.#connection.run(scripts.claimStalePooled, this.#keys.account, args));
  }
}

function entries([, json]: unknown[]): PooledVendorSession[] {
  return (json as string[])
    .map((entry) => JSON.parse(entry) as PooledVendorSession)
    .toSorted((a, b) => a.openedAt - b.openedAt);
}
