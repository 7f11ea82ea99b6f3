import type { SessionEventBody, SessionId, Usage } from '@avatar-bridge/contracts';
import type { Connection } from './connection.ts';
import type { LeaseQueue } from './lease/lease-queue.ts';
import type { Keys } from './record/keys.ts';
import { vendorField } from './record/session-record.ts';
import { logLimits } from './retention.ts';
import * as scripts from './scripts/index.ts';
import type {
  FromPool,
  PoolRequest,
  Retention,
  SlotAccount,
  VendorSessionEntry,
  VendorSessionRef,
} from './types.ts';

type Ref = Pick<VendorSessionRef, 'provider' | 'id'>;

/** ms after which a reserved slot is free again, whatever became of its session. */
const reservationTtl = 60_000;

/**
 * An account's vendor sessions: which may cost money, how long they were open, and slots reserved for second
 * ones.
 */
export class VendorLedger {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #queue: LeaseQueue['queue'];
  readonly #retention: Retention;

  constructor(parts: { connection: Connection; keys: Keys; leaseQueue: LeaseQueue; retention: Retention }) {
    this.#connection = parts.connection;
    this.#keys = parts.keys;
    this.#queue = parts.leaseQueue.queue;
    this.#retention = parts.retention;
  }

  /** Oldest first. */
  async entries(): Promise<VendorSessionEntry[]> {
    const { vendorSessions } = this.#keys.account;
    return (await this.#connection.call((redis) => redis.hvals(vendorSessions)))
      .map((json) => JSON.parse(json) as VendorSessionEntry)
      .toSorted((a, b) => a.openedAt - b.openedAt);
  }

  /** Its session's reservation has served its purpose. */
  async add(entry: Extract<VendorSessionEntry, { sessionId: SessionId }>): Promise<void> {
    const { vendorSessions, slotReservations, accountReservations } = this.#keys.account;
    await this.#connection.call((redis) =>
      Promise.all([
        redis.hset(vendorSessions, ledgerField(entry), JSON.stringify(entry)),
        redis.zrem(slotReservations, entry.sessionId),
        redis.hdel(accountReservations, entry.sessionId),
      ]),
    );
  }

  /** Says that the owner of this epoch does not use it any more. */
  async condemn(ref: Ref, epoch: number): Promise<void> {
    const args = { field: ledgerField(ref), epoch };
    await this.#connection.run(scripts.condemnVendorSession, this.#keys.account, args);
  }

  /** @returns what the list said of it, unless it was struck before */
  async strike(ref: Ref): Promise<VendorSessionEntry | undefined> {
    const args = { field: ledgerField(ref) };
    const [, entry] = await this.#connection.run(scripts.strikeVendorSession, this.#keys.account, args);
    return entry === undefined ? undefined : (JSON.parse(entry as string) as VendorSessionEntry);
  }

  /** Strikes it out here and in its session's record, whoever owns that. */
  async forget(ref: Ref): Promise<void> {
    const entry = await this.strike(ref);
    if (entry?.sessionId === undefined) return;
    const event = JSON.stringify({
      type: 'vendor.closed',
      provider: ref.provider,
      vendorSessionId: ref.id,
      reason: 'Its owner was gone',
    } satisfies SessionEventBody);
    const args = { ...logLimits(this.#retention), field: vendorField(ref), event };
    await this.#connection.run(scripts.forgetVendorSession, this.#keys.session(entry.sessionId), args);
  }

  async reserveSlot(id: SessionId): Promise<boolean> {
    const args = { id, ttl: reservationTtl };
    const [status] = await this.#connection.run(scripts.reserveSlot, this.#slotKeys, args);
    return status === 'ok';
  }

  async reserveInAccount(id: SessionId, account: SlotAccount, beside: boolean): Promise<boolean> {
    const { slots, providers } = account;
    const args = { id, ttl: reservationTtl, account: account.id, slots, beside: beside ? 'beside' : '' };
    const { reserveInAccount } = scripts;
    const [status] = await this.#connection.run(reserveInAccount, this.#keys.account, args, providers);
    return status === 'ok';
  }

  async releaseSlot(id: SessionId): Promise<void> {
    const { slotReservations, accountReservations } = this.#keys.account;
    await this.#connection.call((redis) =>
      Promise.all([redis.zrem(slotReservations, id), redis.hdel(accountReservations, id)]),
    );
  }

  /** See OwnedSession. */
  async askPool(id: SessionId, epoch: number, wanted: PoolRequest): Promise<FromPool | undefined> {
    const { account, key = '', providers } = wanted;
    const args = { id, epoch, key, ...accountArgs(account) };
    const [use, json] = await this.#connection.run(scripts.askPool, this.#slotKeys, args, providers);
    if (use !== 'take' && use !== 'stop') return undefined;
    const {
      sessionId: _,
      epoch: __,
      ...ref
    } = JSON.parse(json as string) as VendorSessionEntry & { epoch: number };
    return { use, ref };
  }

  get #slotKeys() {
    return {
      ...this.#keys.account,
      queueActive: this.#queue.toKey('active'),
      queueMeta: this.#queue.toKey('meta'),
    };
  }

  async usage(): Promise<Usage> {
    const { billedMs, billedMsByKey } = this.#keys.account;
    const [closed, closedByKey, open] = await Promise.all([
      this.#connection.call((redis) => redis.get(billedMs)),
      this.#connection.call((redis) => redis.hgetall(billedMsByKey)),
      this.entries(),
    ]);
    const at = Date.now();
    const byKey = new Map(Object.entries(closedByKey).map(([key, ms]) => [key, Number(ms)]));
    let all = Number(closed);
    for (const { key, openedAt, ownedSince = openedAt } of open) {
      all += Math.max(0, at - openedAt);
      if (key !== undefined) byKey.set(key, (byKey.get(key) ?? 0) + Math.max(0, at - ownedSince));
    }
    const keys = [...byKey].map(([key, ms]) => ({ key, billableSeconds: Math.round(ms / 1_000) }));
    return { billableSeconds: Math.round(all / 1_000), keys };
  }
}

/** For scripts: empty without an account that has slots of its own. */
export function accountArgs(account: SlotAccount | undefined): {
  account: string;
  accountSlots: number | '';
} {
  return { account: account?.id ?? '', accountSlots: account?.slots ?? '' };
}

/** Its name in the account's list. */
export function ledgerField({ provider, id }: Ref): string {
  return `${provider} ${id}`;
}
