import { randomUUID } from 'node:crypto';
import type {
  InterruptAccepted,
  Message,
  MessageAccepted,
  MessageId,
  MessageRequest,
  OfferedProviders,
  Session,
  SessionEnd,
  SessionEvent,
  SessionEventBody,
  SessionId,
  SessionList,
  StreamedEvent,
} from '@avatar-bridge/contracts';
import type { Connection } from './connection.ts';
import {
  FencedError,
  IdempotencyMismatchError,
  MailboxFullError,
  SessionEndedError,
  UnknownMessageError,
  UnknownSessionError,
} from './errors.ts';
import { EventLog } from './event-log.ts';
import { newCommandId, newMessageId, newSessionId, sha256 } from './ids.ts';
import type { Keys } from './keys.ts';
import type { LeaseQueue } from './lease-queue.ts';
import { LeaseRunner } from './lease-runner.ts';
import { Messages } from './messages.ts';
import { ClaimedSession, endSession } from './owned-session.ts';
import { Reconciler } from './reconciler.ts';
import * as scripts from './scripts/index.ts';
import { parseOffer, union } from './offered-providers.ts';
import { pairs, requestFields, toRecord, toSession } from './session-record.ts';
import type { Subscriptions } from './subscriptions.ts';
import type {
  EventQuery,
  EventStreamOptions,
  Idempotency,
  LeaseOptions,
  LeaseWorker,
  Logger,
  MailboxQueue,
  MessageQuery,
  NewSession,
  OwnedSession,
  Reconciled,
  Retention,
  SessionQuery,
  SessionRecord,
  SessionStore,
  VendorSessionEntry,
  VendorSessionRef,
} from './types.ts';
import { V1DoorState } from './v1-door-state.ts';

const readyTimeout = 1_000;

export type StoreParts = {
  account: string;
  redisUrl: string;
  connection: Connection;
  subscriptions: Subscriptions;
  keys: Keys;
  leaseQueue: LeaseQueue;
  retention: Retention;
  mailboxLimit: number;
  logger?: Logger;
};

export class RedisSessionStore implements SessionStore {
  readonly account: string;
  readonly v1Door: V1DoorState;
  readonly #parts: StoreParts;
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #events: EventLog;
  readonly #messages: Messages;
  readonly #reconciler: Reconciler;
  readonly #closing = new AbortController();
  readonly #leaseWorkers = new Set<LeaseRunner>();
  #closed: Promise<void> | undefined;

  constructor(parts: StoreParts) {
    const { connection, subscriptions, keys } = parts;
    this.account = parts.account;
    this.#parts = parts;
    this.#connection = connection;
    this.#keys = keys;
    this.#events = new EventLog({
      connection,
      subscriptions,
      keys,
      snapshot: (id) => this.getSession(id),
      closing: this.#closing.signal,
    });
    this.#messages = new Messages(connection, keys);
    this.v1Door = new V1DoorState(connection, keys);
    this.#reconciler = new Reconciler({
      connection,
      keys,
      leaseQueue: parts.leaseQueue,
      endUnleased: (id, reason) => this.#endUnleased(id, reason),
    });
  }

  get queue() {
    return this.#parts.leaseQueue.queue;
  }

  async createSession(
    request: NewSession,
    options: Idempotency = {},
  ): Promise<{ session: Session; replayed: boolean }> {
    const fresh = newSessionId();
    const id =
      options.idempotencyKey === undefined
        ? fresh
        : await this.#claimKey(options.idempotencyKey, fresh, request, options.bodyHash);
    // Each step may be done again: a crash in between is mended by the same request, or by `reconcile`.
    const { sessions, open } = this.#keys.account;
    await this.#connection.call((redis) =>
      Promise.all([redis.zadd(sessions, 0, id), redis.zadd(open, 0, id)]),
    );
    const event = JSON.stringify({ type: 'session.queued' } satisfies SessionEventBody);
    const args = { maxEvents: this.#parts.retention.events, event };
    await this.#connection.run(
      scripts.createSession,
      this.#keys.session(id),
      args,
      requestFields(id, request),
    );
    const record = await this.#record(id);
    if (record.state === 'ended') await this.#close(id);
    else await this.#parts.leaseQueue.add(id, record.epoch);
    return { session: await this.#shown(record), replayed: id !== fresh };
  }

  async getSession(id: SessionId): Promise<Session> {
    return this.#shown(await this.#record(id));
  }

  async listSessions({ state, cursor, limit = 50 }: SessionQuery = {}): Promise<SessionList> {
    const { sessions, open } = this.#keys.account;
    const index = state === undefined || state === 'ended' ? sessions : open;
    const from = cursor === undefined ? '+' : `(${cursor}`;
    const ids = await this.#connection.call((redis) =>
      redis.zrange(index, from, '-', 'BYLEX', 'REV', 'LIMIT', 0, Math.min(limit, 200)),
    );
    const found = await this.#connection.call((redis) =>
      Promise.all(ids.map((id) => redis.hgetall(this.#keys.session(id).record))),
    );
    const waiting = found.some((fields) => fields['state'] === 'queued')
      ? await this.#parts.leaseQueue.waiting()
      : [];
    const listed: Session[] = [];
    for (const [i, id] of ids.entries()) {
      const fields = found[i] ?? {};
      if (!fields['state'] || (state !== undefined && fields['state'] !== state)) continue;
      const record = toRecord(id, fields);
      listed.push(
        toSession(record, record.state === 'queued' ? Math.max(0, waiting.indexOf(id)) : undefined),
      );
    }
    const last = ids.length === Math.min(limit, 200) ? ids.at(-1) : undefined;
    return { sessions: listed, ...(last !== undefined && { cursor: last }) };
  }

  async postMessage(
    id: SessionId,
    request: MessageRequest,
    options: Idempotency = {},
  ): Promise<{ message: MessageAccepted; replayed: boolean }> {
    const { mode, text } = request;
    const fresh = newMessageId();
    const key = options.idempotencyKey === undefined ? '' : sha256(options.idempotencyKey);
    const bodyHash = key && (options.bodyHash ?? sha256(JSON.stringify(request)));
    const [status, ...answer] = await this.#connection.run(scripts.postMessage, this.#keys.session(id), {
      maxEvents: this.#parts.retention.events,
      limit: this.#parts.mailboxLimit,
      id: fresh,
      mode,
      text,
      expiresAfter: request.expiresAfter ?? '',
      eventTail: JSON.stringify({ mode, text }).slice(1),
      key,
      bodyHash,
    });
    const accepted = (messageId: string, seq: number, position: number): MessageAccepted => {
      return { id: messageId, sessionId: id, seq, state: 'accepted', position };
    };
    switch (status) {
      case 'ok':
        return { message: accepted(fresh, Number(answer[0]), Number(answer[1])), replayed: false };
      case 'replayed': {
        const [hash, messageId, seq, position] = String(answer[0]).split(' ') as [
          string,
          string,
          string,
          string,
        ];
        if (hash !== bodyHash) throw new IdempotencyMismatchError();
        return { message: accepted(messageId, Number(seq), Number(position)), replayed: true };
      }
      case 'full':
        throw new MailboxFullError(id, this.#parts.mailboxLimit);
      default:
        throw refusal(id, status);
    }
  }

  async getMessage(id: SessionId, messageId: MessageId): Promise<Message> {
    const message = await this.#messages.get(id, messageId);
    if (message) return message;
    await this.#record(id);
    throw new UnknownMessageError(id, messageId);
  }

  async listMessages(id: SessionId, query: MessageQuery = {}): Promise<Message[]> {
    const messages = await this.#messages.list(id, query);
    if (messages.length === 0) await this.#record(id);
    return messages;
  }

  async cancelMessage(
    id: SessionId,
    messageId: MessageId,
  ): Promise<{ message: Message; cancelled: boolean }> {
    const reason = 'It was cancelled before anybody began to say it';
    const [status] = await this.#connection.run(scripts.cancelMessage, this.#keys.session(id), {
      maxEvents: this.#parts.retention.events,
      keepMessages: this.#parts.retention.messages,
      id: messageId,
      reason,
      eventTail: `"reason":${JSON.stringify(reason)}}`,
    });
    if (status === 'unknown') throw new UnknownSessionError(id);
    if (status === 'unknown-message') throw new UnknownMessageError(id, messageId);
    return { message: await this.getMessage(id, messageId), cancelled: status === 'ok' };
  }

  async interrupt(id: SessionId): Promise<InterruptAccepted> {
    const args = { maxEvents: this.#parts.retention.events, id: newCommandId() };
    const [status, commandId] = await this.#connection.run(scripts.interrupt, this.#keys.session(id), args);
    if (status !== 'ok') throw refusal(id, status);
    return { id: commandId as string, sessionId: id };
  }

  async stopSession(id: SessionId, reason: string): Promise<Session> {
    const args = { id: newCommandId(), reason, reasonJson: JSON.stringify(reason) };
    const [status, epoch] = await this.#connection.run(scripts.requestStop, this.#keys.session(id), args);
    if (status === 'unknown') throw new UnknownSessionError(id);
    if (status === 'ok' && epoch === '0' && (await this.#parts.leaseQueue.remove(id)))
      await this.#endUnleased(id, reason);
    return this.getSession(id);
  }

  events(id: SessionId, options?: EventStreamOptions): AsyncIterable<StreamedEvent> {
    return this.#events.stream(id, options);
  }

  readEvents(id: SessionId, query?: EventQuery): Promise<SessionEvent[]> {
    return this.#events.read(id, query);
  }

  async claim(id: SessionId, { epoch, worker }: { epoch: number; worker: string }): Promise<OwnedSession> {
    const token = `${epoch} ${worker} ${randomUUID()}`;
    const [status, answer] = await this.#connection.run(scripts.claimSession, this.#keys.session(id), {
      owner: token,
      epoch,
      worker,
    });
    if (status === 'fenced') throw new FencedError(id, epoch, `epoch ${String(answer)} owns the session`);
    if (status !== 'ok') throw refusal(id, status);
    const { connection, subscriptions, keys, retention } = this.#parts;
    const record = toRecord(id, pairs(answer as string[]));
    const closing = this.#closing.signal;
    return new ClaimedSession({
      connection,
      subscriptions,
      keys,
      retention,
      closing,
      record,
      token,
      ended: (ended) => this.#close(ended),
    });
  }

  leases(options: LeaseOptions): LeaseWorker {
    const { redisUrl, keys, logger } = this.#parts;
    const worker = new LeaseRunner({
      ...options,
      redisUrl,
      keys,
      ...(logger && { logger }),
      fail: async ({ sessionId, epoch }, end) => this.#endUnowned(sessionId, epoch, end),
      closed: () => this.#leaseWorkers.delete(worker),
    });
    this.#leaseWorkers.add(worker);
    return worker;
  }

  async setSlots(slots: number): Promise<void> {
    await this.#parts.leaseQueue.setSlots(slots);
  }

  reconcile(): Promise<Reconciled> {
    return this.#reconciler.run();
  }

  async vendorSessions(): Promise<VendorSessionEntry[]> {
    const entries = await this.#connection.call((redis) => redis.hvals(this.#keys.account.vendorSessions));
    return entries
      .map((json) => JSON.parse(json) as VendorSessionEntry)
      .toSorted((a, b) => a.openedAt - b.openedAt);
  }

  async forgetVendorSession({ provider, id }: Pick<VendorSessionRef, 'provider' | 'id'>): Promise<void> {
    await this.#connection.call((redis) =>
      redis.hdel(this.#keys.account.vendorSessions, `${provider} ${id}`),
    );
  }

  async offerProviders(worker: string, offered: OfferedProviders, ttl: number): Promise<void> {
    const args = { worker, offered: JSON.stringify(offered), ttl };
    await this.#connection.run(scripts.offerProviders, this.#keys.account, args);
  }

  async offeredProviders(): Promise<OfferedProviders | undefined> {
    const entries = await this.#connection.call((redis) => redis.hvals(this.#keys.account.providers));
    return entries.length === 0 ? undefined : union(entries.map(parseOffer));
  }

  mailboxAsQueue(id: SessionId): MailboxQueue {
    return this.#messages.asQueue(id);
  }

  async ready(): Promise<{ ok: boolean; detail: string }> {
    const started = performance.now();
    const timeout = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`no answer within ${readyTimeout} ms`)), readyTimeout).unref();
    });
    try {
      // A write: a full disk or memory, or a replica, must show.
      await Promise.race([
        this.#connection.call((redis) => redis.set(this.#keys.account.ready, '1', 'PX', 1_000)),
        timeout,
      ]);
      return { ok: true, detail: `Redis answered in ${Math.round(performance.now() - started)} ms` };
    } catch (error) {
      return { ok: false, detail: (error as Error).message };
    }
  }

  close(reason = 'closed'): Promise<void> {
    this.#closed ??= this.#shutDown(reason);
    return this.#closed;
  }

  async #shutDown(reason: string): Promise<void> {
    await Promise.all([...this.#leaseWorkers].map((worker) => worker.close(reason)));
    this.#closing.abort(reason);
    this.#parts.subscriptions.close();
    await this.#parts.leaseQueue.close();
    this.#connection.redis.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #record(id: SessionId): Promise<SessionRecord> {
    const fields = await this.#connection.call((redis) => redis.hgetall(this.#keys.session(id).record));
    if (!fields['state']) throw new UnknownSessionError(id);
    return toRecord(id, fields);
  }

  async #shown(record: SessionRecord): Promise<Session> {
    return toSession(
      record,
      record.state === 'queued' ? await this.#parts.leaseQueue.position(record.id) : undefined,
    );
  }

  /** @returns the session's id that the key stands for */
  async #claimKey(
    idempotencyKey: string,
    fresh: SessionId,
    request: NewSession,
    hash: string | undefined,
  ): Promise<SessionId> {
    const bodyHash = hash ?? sha256(JSON.stringify(request));
    const key = this.#keys.idempotency(sha256(idempotencyKey));
    const args = { value: `${bodyHash} ${fresh}`, ttl: this.#parts.retention.idempotency };
    const [, value] = await this.#connection.run(scripts.claimIdempotencyKey, { key }, args);
    const [before, id] = String(value).split(' ') as [string, SessionId];
    if (before !== bodyHash) throw new IdempotencyMismatchError();
    return id;
  }

  /** Ends a stopped session that no worker ever claimed. */
  async #endUnleased(id: SessionId, reason: string): Promise<boolean> {
    return this.#endUnowned(id, 0, { outcome: 'stopped', code: 'stopped', message: reason });
  }

  /** Ends a session whose record has no later epoch than this. */
  async #endUnowned(id: SessionId, epoch: number, end: SessionEnd): Promise<boolean> {
    const by = { owner: '', epoch };
    const [status] = await endSession(
      this.#connection,
      this.#keys.session(id),
      this.#parts.retention,
      by,
      end,
    );
    if (status === 'ok' || status === 'ended') await this.#close(id);
    return status === 'ok';
  }

  /** Takes an ended session out of the open ones; `reconcile` does it if this fails. */
  async #close(id: SessionId): Promise<void> {
    await this.#connection.call((redis) => redis.zrem(this.#keys.account.open, id)).catch(() => {});
  }
}

function refusal(id: SessionId, status: string): Error {
  return status === 'unknown' ? new UnknownSessionError(id) : new SessionEndedError(id);
}
