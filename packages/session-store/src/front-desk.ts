import type {
  InterruptAccepted,
  InterruptRequest,
  Message,
  MessageAccepted,
  MessageId,
  MessageRequest,
  Session,
  SessionEvent,
  SessionEventBody,
  SessionId,
  SessionList,
  StreamedEvent,
} from '@avatar-bridge/contracts';
import {
  IdempotencyMismatchError,
  MailboxFullError,
  UnknownMessageError,
  UnknownSessionError,
} from './errors.ts';
import { EventLog } from './event-log.ts';
import { newCommandId, newMessageId, newSessionId, sha256 } from './ids.ts';
import { eventAfterSeq } from './record/message-record.ts';
import { Messages } from './record/messages.ts';
import { limitsOf, requestFields } from './record/session-record.ts';
import { refusal } from './record/sessions.ts';
import { logLimits, messageLimits } from './retention.ts';
import * as scripts from './scripts/index.ts';
import { stopped } from './session-ends.ts';
import type { StoreParts } from './store-parts.ts';
import type {
  EventQuery,
  EventStreamOptions,
  Idempotency,
  MailboxQueue,
  MessageQuery,
  NewSession,
  SessionQuery,
} from './types.ts';

/** What those use who talk to sessions: gateways. */
export interface FrontDesk {
  /**
   * Puts a session in the queue. The same key and body again gives the session that is there. Throws
   * IdempotencyMismatchError, QueueFullError.
   */
  createSession(request: NewSession, options?: Idempotency): Promise<{ session: Session; replayed: boolean }>;
  /** With its position while it is queued. */
  getSession(id: SessionId): Promise<Session>;
  /**
   * Newest first. A page may hold fewer than `limit` though there are more: go on while there is a cursor.
   */
  listSessions(query?: SessionQuery): Promise<SessionList>;
  /** Durable when it returns. Throws SessionEndedError, MailboxFullError, IdempotencyMismatchError. */
  postMessage(
    id: SessionId,
    request: MessageRequest,
    options?: Idempotency,
  ): Promise<{ message: MessageAccepted; replayed: boolean }>;
  /** Throws UnknownMessageError. */
  getMessage(id: SessionId, messageId: MessageId): Promise<Message>;
  /** In mailbox order. */
  listMessages(id: SessionId, query?: MessageQuery): Promise<Message[]>;
  /**
   * Drops a message that nobody has begun to say; `cancelled` is false when it is too late. Throws
   * UnknownMessageError.
   */
  cancelMessage(id: SessionId, messageId: MessageId): Promise<{ message: Message; cancelled: boolean }>;
  /**
   * Silences the messages accepted so far, or those with a `seq` below `before`. One that is not yet handled
   * and reaches as far answers for those that follow. Throws SessionEndedError, IdempotencyMismatchError.
   */
  interrupt(
    id: SessionId,
    request?: InterruptRequest,
    options?: Idempotency,
  ): Promise<{ interrupt: InterruptAccepted; replayed: boolean }>;
  /** Somebody needs the session: if it is parked, it goes on. */
  wakeSession(id: SessionId): Promise<void>;
  /** Asks for the session's end; again is fine. A session that nobody leases ends at once. */
  stopSession(id: SessionId, reason: string): Promise<Session>;
  /**
   * Replays the log after `after`, then goes on live until `session.ended`: nothing missed, nothing doubled,
   * through outages of Redis. A `reset` comes first when the log no longer reaches back that far.
   */
  events(id: SessionId, options?: EventStreamOptions): AsyncIterable<StreamedEvent>;
  readEvents(id: SessionId, query?: EventQuery): Promise<SessionEvent[]>;
  mailboxAsQueue(id: SessionId): MailboxQueue;
}

const cancelled = 'It was cancelled before anybody began to say it';
const replaced = 'A later message replaced it before anybody began to say it';

export function frontDesk(parts: StoreParts): FrontDesk {
  const { connection, subscriptions, keys, leaseQueue, retention, mailboxLimit, sessions, ends, admission } =
    parts;
  const messages = new Messages(connection, keys);
  const log = new EventLog({
    connection,
    subscriptions,
    keys,
    snapshot: (id) => sessions.get(id),
    closing: parts.closing,
  });

  async function getMessage(id: SessionId, messageId: MessageId): Promise<Message> {
    const message = await messages.get(id, messageId);
    if (message) return message;
    await sessions.record(id);
    throw new UnknownMessageError(id, messageId);
  }

  return {
    async createSession(request, options = {}) {
      const { key, bodyHash } = hashes(request, options);
      const { id, position, replayed, ...admitted } = await admission.admit(newSessionId(), {
        key,
        bodyHash,
        idempotencyTtl: retention.idempotency,
        queuedMs: limitsOf(request).queuedSeconds * 1_000,
        priority: request.priority,
      });
      if (admitted.bodyHash !== bodyHash) throw new IdempotencyMismatchError();
      if (!admitted.open) return { session: await sessions.get(id), replayed };
      // Each step may be done again: a crash in between is mended by the same request, or by `reconcile`.
      const event = JSON.stringify({ type: 'session.queued', position } satisfies SessionEventBody);
      const args = { ...logLimits(retention), event };
      await connection.run(scripts.createSession, keys.session(id), args, requestFields(id, request));
      const record = await sessions.record(id);
      if (record.state === 'ended') await ends.close(id);
      else await leaseQueue.add(record);
      return { session: await sessions.shown(record), replayed };
    },

    getSession: (id) => sessions.get(id),

    listSessions: (query) => sessions.list(query),

    async postMessage(id, request, options = {}) {
      const { mode, text } = request;
      const fresh = newMessageId();
      const { key, bodyHash } = hashes(request, options);
      const [status, ...answer] = await connection.run(scripts.postMessage, keys.session(id), {
        ...logLimits(retention),
        ...messageLimits(retention),
        limit: mailboxLimit,
        id: fresh,
        mode,
        text,
        expiresAfter: request.expiresAfter ?? '',
        eventAfterSeq: eventAfterSeq({ mode, text }),
        key,
        bodyHash,
        policy: request.policy ?? 'queue',
        interruptId: newCommandId(),
        replacedAfterSeq: eventAfterSeq({ reason: replaced }),
        replacedReason: replaced,
      });
      const accepted = (messageId: string, seq: number, position: number): MessageAccepted => {
        return { id: messageId, sessionId: id, seq, state: 'accepted', position };
      };
      switch (status) {
        case 'ok':
          if (answer[2] === 'parked') await leaseQueue.wake(id);
          return { message: accepted(fresh, Number(answer[0]), Number(answer[1])), replayed: false };
        case 'replayed': {
          const replayed = String(answer[0]).split(' ') as [string, string, string, string];
          const [hash, messageId, seq, position] = replayed;
          if (hash !== bodyHash) throw new IdempotencyMismatchError();
          return { message: accepted(messageId, Number(seq), Number(position)), replayed: true };
        }
        case 'full':
          throw new MailboxFullError(id, mailboxLimit);
        default:
          throw refusal(id, status);
      }
    },

    getMessage,

    async listMessages(id, query = {}) {
      const found = await messages.list(id, query);
      if (found.length === 0) await sessions.record(id);
      return found;
    },

    async cancelMessage(id, messageId) {
      const [status] = await connection.run(scripts.cancelMessage, keys.session(id), {
        ...logLimits(retention),
        ...messageLimits(retention),
        id: messageId,
        reason: cancelled,
        eventAfterSeq: eventAfterSeq({ reason: cancelled }),
      });
      if (status === 'unknown') throw new UnknownSessionError(id);
      if (status === 'unknown-message') throw new UnknownMessageError(id, messageId);
      return { message: await getMessage(id, messageId), cancelled: status === 'ok' };
    },

    async interrupt(id, request = {}, options = {}) {
      const [status, commandId, state] = await connection.run(scripts.interrupt, keys.session(id), {
        ...logLimits(retention),
        id: newCommandId(),
        before: request.before ?? '',
        ...hashes(request, options),
      });
      if (status === 'mismatch') throw new IdempotencyMismatchError();
      if (status !== 'ok' && status !== 'replayed') throw refusal(id, status);
      if (state === 'parked') await leaseQueue.wake(id);
      return { interrupt: { id: commandId as string, sessionId: id }, replayed: status === 'replayed' };
    },

    async wakeSession(id) {
      const [status] = await connection.run(scripts.wantSession, keys.session(id), {});
      if (status === 'unknown') throw new UnknownSessionError(id);
      if (status === 'parked') await leaseQueue.wake(id);
    },

    async stopSession(id, reason) {
      const args = { id: newCommandId(), reason, reasonJson: JSON.stringify(reason) };
      const [status, epoch] = await connection.run(scripts.requestStop, keys.session(id), args);
      if (status === 'unknown') throw new UnknownSessionError(id);
      // Nobody holds it: what it may have open at the vendor is for its former owner or the sweep to stop.
      if (status === 'ok' && (await leaseQueue.remove(id)))
        await ends.byHolder(id, Number(epoch), stopped(reason));
      return sessions.get(id);
    },

    events: (id, options) => log.stream(id, options),

    readEvents: (id, query) => log.read(id, query),

    mailboxAsQueue: (id) => messages.asQueue(id),
  };
}

/** What Redis keeps of an Idempotency-Key and the body; empty without one. */
function hashes(
  request: object,
  { idempotencyKey, bodyHash }: Idempotency,
): { key: string; bodyHash: string } {
  if (idempotencyKey === undefined) return { key: '', bodyHash: '' };
  return { key: sha256(idempotencyKey), bodyHash: bodyHash ?? sha256(JSON.stringify(request)) };
}
