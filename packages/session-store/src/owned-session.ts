import type { EventId, MessageId, SessionEnd, SessionEventBody, SessionId } from '@avatar-bridge/contracts';
import type { Answer, Connection } from './connection.ts';
import {
  FencedError,
  SessionEndedError,
  StoreUnavailableError,
  UnknownMessageError,
  UnknownSessionError,
} from './errors.ts';
import { entryTime } from './ids.ts';
import type { Keys, SessionKeys } from './record/keys.ts';
import { messageFields, patchFields, toMessage } from './record/message-record.ts';
import { logLimits, messageLimits } from './retention.ts';
import * as scripts from './scripts/index.ts';
import { pairs, vendorField } from './record/session-record.ts';
import type { SessionEnds } from './session-ends.ts';
import type { Subscriptions } from './subscriptions.ts';
import type {
  FromPool,
  MessagePatch,
  MessageRecord,
  OwnedSession,
  PoolRequest,
  ProviderChoice,
  QueuedCommand,
  Retention,
  SessionRecord,
  SlotAccount,
  StateChange,
  UtteranceRecord,
  VendorSessionRef,
} from './types.ts';
import type { VendorLedger } from './vendor-ledger.ts';
import { Wake } from './wake.ts';

/** Finds the work of a wake-up that was lost. */
const pollInterval = 1_000;
const pageSize = 100;

export type ClaimedSessionParts = {
  connection: Connection;
  subscriptions: Subscriptions;
  keys: Keys;
  retention: Retention;
  closing: AbortSignal;
  record: SessionRecord;
  claimedAt: number;
  /** What the record's `owner` says while this is the owner. */
  token: string;
  ends: SessionEnds;
  ledger: VendorLedger;
};

type Entry = [id: string, fields: string[]];

export class ClaimedSession implements OwnedSession {
  readonly id: SessionId;
  readonly epoch: number;
  readonly record: SessionRecord;
  readonly claimedAt: number;
  readonly #parts: ClaimedSessionParts;
  readonly #keys: SessionKeys;
  /** Names the one write that this is for, or is empty. */
  readonly #write: string;
  #writes = 0;

  constructor(parts: ClaimedSessionParts, write = '') {
    this.#write = write;
    this.id = parts.record.id;
    this.epoch = parts.record.epoch;
    this.record = parts.record;
    this.claimedAt = parts.claimedAt;
    this.#parts = parts;
    this.#keys = parts.keys.session(this.id);
  }

  async *commands({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<QueuedCommand, void, undefined> {
    const { subscriptions, closing } = this.#parts;
    const stopped = () => closing.aborted || signal?.aborted === true;
    if (stopped()) return;
    const wake = new Wake();
    const notify = () => wake.notify();
    let leave: (() => void) | undefined;
    signal?.addEventListener('abort', notify);
    closing.addEventListener('abort', notify);
    try {
      let after = this.record.cursor;
      while (!stopped()) {
        try {
          // Without the subscription the poll still finds everything.
          leave ??= await subscriptions
            .subscribe(this.#keys.mailbox, String, { message: notify, gap: notify })
            .catch(() => undefined);
          const page = await this.#readCommands(after);
          for (const command of page.commands) {
            yield command;
            if (stopped()) return;
          }
          after = page.after;
          if (page.more) continue;
        } catch (error) {
          if (error instanceof SessionEndedError) return;
          if (!(error instanceof StoreUnavailableError)) throw error;
        }
        await wake.wait(pollInterval);
      }
    } finally {
      signal?.removeEventListener('abort', notify);
      closing.removeEventListener('abort', notify);
      leave?.();
    }
  }

  once(): OwnedSession {
    this.#writes += 1;
    return new ClaimedSession(this.#parts, `${this.epoch} ${this.#writes}`);
  }

  async message(messageId: MessageId): Promise<MessageRecord> {
    const values = await this.#parts.connection.call((redis) =>
      redis.hmget(this.#keys.messages, ...messageFields(messageId)),
    );
    const message = toMessage(this.id, messageId, values);
    if (!message) throw new UnknownMessageError(this.id, messageId);
    return message;
  }

  async verify(): Promise<void> {
    const [state, owner, epoch] = await this.#parts.connection.call((redis) =>
      redis.hmget(this.#keys.record, 'state', 'owner', 'epoch'),
    );
    if (!state) throw new UnknownSessionError(this.id);
    if (owner !== this.#parts.token) this.#check(['fenced', epoch]);
    if (state === 'ended') throw new SessionEndedError(this.id);
  }

  async append(...events: SessionEventBody[]): Promise<EventId[]> {
    if (events.length === 0) return [];
    const json = events.map((event) => JSON.stringify(event));
    return this.#check(
      await this.#parts.connection.run(scripts.appendEvents, this.#keys, this.#writer, json),
    ) as EventId[];
  }

  async setState(change: StateChange): Promise<EventId> {
    const state = change.type.slice('session.'.length);
    const event = JSON.stringify(change);
    const [id] = this.#check(
      await this.#parts.connection.run(scripts.setState, this.#keys, { ...this.#writer, state, event }),
    );
    return id as EventId;
  }

  async park(event: Extract<SessionEventBody, { type: 'session.parked' }>, seen: string): Promise<void> {
    const { connection, keys } = this.#parts;
    // First the account's list: who looks for viewers must not miss it.
    await connection.run(scripts.parkInAccount, keys.account, { id: this.id, room: this.record.room });
    const args = { ...this.#writer, event: JSON.stringify(event), seen };
    this.#check(await connection.run(scripts.parkSession, this.#keys, args));
  }

  async setProviders(
    { provider, providers }: ProviderChoice,
    event?: Extract<SessionEventBody, { type: 'provider.changed' }>,
  ): Promise<void> {
    const args = {
      ...this.#writer,
      provider,
      providers: JSON.stringify(providers),
      event: event ? JSON.stringify(event) : '',
    };
    this.#check(await this.#parts.connection.run(scripts.setProviders, this.#keys, args));
  }

  async recordUtterance(id: MessageId, utterance: UtteranceRecord): Promise<boolean> {
    const line = JSON.stringify({ at: Date.now(), ...utterance, epoch: this.epoch });
    const answer = await this.#parts.connection.run(scripts.recordUtterance, this.#keys, {
      owner: this.#writer.owner,
      id,
      line,
    });
    return this.#applied(answer, id);
  }

  async updateMessage(id: MessageId, patch: MessagePatch, event?: SessionEventBody): Promise<boolean> {
    const { state = '' } = patch;
    const finished = state !== '' && state !== 'accepted' && state !== 'speaking';
    const fields = patchFields(finished ? { ...patch, finishedAt: patch.finishedAt ?? Date.now() } : patch);
    const args = {
      ...this.#writer,
      ...messageLimits(this.#parts.retention),
      id,
      state,
      event: event ? JSON.stringify(event) : '',
    };
    return this.#applied(
      await this.#parts.connection.run(scripts.updateMessage, this.#keys, args, fields),
      id,
    );
  }

  async advance(entry: string, event?: Extract<SessionEventBody, { type: 'interrupt.done' }>): Promise<void> {
    const args = {
      ...this.#writer,
      ...messageLimits(this.#parts.retention),
      entry,
      event: event ? JSON.stringify(event) : '',
    };
    this.#check(await this.#parts.connection.run(scripts.advance, this.#keys, args));
  }

  async openVendorSession(ref: VendorSessionRef): Promise<void> {
    const { connection, ledger } = this.#parts;
    // The account's list first: whatever happens next, somebody will find it there and stop it.
    const { key } = this.record;
    await ledger.add({ ...ref, sessionId: this.id, epoch: this.epoch, ...(key && { key }) });
    const event = JSON.stringify({
      type: 'vendor.opened',
      provider: ref.provider,
      vendorSessionId: ref.id,
    } satisfies SessionEventBody);
    const args = { ...this.#writer, field: vendorField(ref), ref: JSON.stringify(ref), event };
    this.#check(await connection.run(scripts.openVendorSession, this.#keys, args));
  }

  async closeVendorSession(ref: Pick<VendorSessionRef, 'provider' | 'id'>, reason: string): Promise<void> {
    const { connection, ledger } = this.#parts;
    await ledger.strike(ref);
    const event = JSON.stringify({
      type: 'vendor.closed',
      provider: ref.provider,
      vendorSessionId: ref.id,
      reason,
    } satisfies SessionEventBody);
    const args = { ...this.#writer, field: vendorField(ref), event };
    this.#check(await connection.run(scripts.closeVendorSession, this.#keys, args));
  }

  async giveUpVendorSession(ref: Pick<VendorSessionRef, 'provider' | 'id'>): Promise<void> {
    const { connection, ledger } = this.#parts;
    await ledger.condemn(ref, this.epoch);
    const args = { owner: this.#writer.owner, field: vendorField(ref) };
    this.#check(await connection.run(scripts.giveUpVendorSession, this.#keys, args));
  }

  reserveSlot(): Promise<boolean> {
    return this.#parts.ledger.reserveSlot(this.id);
  }

  reserveInAccount(account: SlotAccount, { beside = false } = {}): Promise<boolean> {
    return this.#parts.ledger.reserveInAccount(this.id, account, beside);
  }

  releaseSlot(): Promise<void> {
    return this.#parts.ledger.releaseSlot(this.id);
  }

  askPool(wanted: PoolRequest): Promise<FromPool | undefined> {
    return this.#parts.ledger.askPool(this.id, this.epoch, wanted);
  }

  async end(end: SessionEnd): Promise<void> {
    const { ends, token } = this.#parts;
    const answer = await ends.byOwner(this.id, token, end);
    if (answer[0] !== 'ended') this.#check(answer);
  }

  get #writer() {
    return { owner: this.#parts.token, write: this.#write, ...logLimits(this.#parts.retention) };
  }

  async #readCommands(after: string): Promise<{ after: string; more: boolean; commands: QueuedCommand[] }> {
    const args = { owner: this.#writer.owner, after, count: pageSize };
    const [last, more, redisNow, ...entries] = this.#check(
      await this.#parts.connection.run(scripts.readCommands, this.#keys, args),
    );
    const aheadMs = performance.timeOrigin + performance.now() - (redisNow as number);
    return {
      after: last as string,
      more: more === 1,
      commands: (entries as Entry[]).map(([id, fields]) => toCommand(id, fields, aheadMs)),
    };
  }

  #applied(answer: Answer, messageId: MessageId): boolean {
    if (answer[0] === 'final') return false;
    if (answer[0] === 'unknown-message') throw new UnknownMessageError(this.id, messageId);
    this.#check(answer);
    return true;
  }

  #check([status, ...rest]: Answer): unknown[] {
    if (status === 'ok') return rest;
    if (status === 'fenced')
      throw new FencedError(this.id, this.epoch, `epoch ${String(rest[0])} owns the session`);
    throw status === 'ended' ? new SessionEndedError(this.id) : new UnknownSessionError(this.id);
  }
}

/** @param aheadMs how far this process' clock is ahead of Redis' */
function toCommand(entryId: string, flat: readonly string[], aheadMs: number): QueuedCommand {
  const { type, id = '', ...fields } = pairs(flat);
  const at = Math.round(entryTime(entryId) + aheadMs);
  if (type === 'interrupt') return { type, id, at, before: Number(fields['before']), entryId };
  if (type === 'stop') return { type, id, at, reason: fields['reason'] as string, entryId };
  const { expiresAfter } = fields;
  return {
    type: 'message',
    id,
    seq: Number(fields['seq']),
    mode: fields['mode'] as 'talk' | 'repeat',
    text: fields['text'] as string,
    acceptedAt: at,
    ...(expiresAfter && { expiresAt: at + Number(expiresAfter) }),
    entryId,
  };
}
