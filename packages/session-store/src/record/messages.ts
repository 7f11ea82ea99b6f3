import type { Message, MessageId, MessageState, SessionId } from '@avatar-bridge/contracts';
import type { Connection } from '../connection.ts';
import type { Keys } from './keys.ts';
import { messageStates } from './message-fields.ts';
import { messageFields, publicMessage, toMessage } from './message-record.ts';
import type { MailboxQueue, MessageQuery } from '../types.ts';

/** A message's place in one of the state sets. */
type Place = { id: MessageId; seq: number };

/** Reads messages: one, by state, in mailbox order, counted. */
export class Messages {
  readonly #connection: Connection;
  readonly #keys: Keys;

  constructor(connection: Connection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  async get(id: SessionId, messageId: MessageId): Promise<Message | undefined> {
    return (await this.#read(id, [messageId]))[0];
  }

  async list(
    id: SessionId,
    { states = messageStates, after = 0, limit = 100 }: MessageQuery,
  ): Promise<Message[]> {
    const count = Math.min(limit, 1_000);
    const keys = this.#keys.session(id);
    const found = await this.#connection.call((redis) =>
      Promise.all(
        states.map((state) =>
          redis.zrangebyscore(keys[state], `(${after}`, '+inf', 'WITHSCORES', 'LIMIT', 0, count),
        ),
      ),
    );
    const places = found.flatMap(toPlaces).toSorted((a, b) => a.seq - b.seq);
    return this.#read(
      id,
      places.slice(0, count).map((place) => place.id),
    );
  }

  asQueue(sessionId: SessionId): MailboxQueue {
    return {
      sessionId,
      counts: async () => {
        const keys = this.#keys.session(sessionId);
        const counts = await this.#connection.call((redis) =>
          Promise.all(messageStates.map((state) => redis.zcard(keys[state]))),
        );
        return Object.fromEntries(messageStates.map((state, i) => [state, counts[i]])) as Record<
          MessageState,
          number
        >;
      },
      list: (query) => this.#slice(sessionId, query),
      get: (messageId) => this.get(sessionId, messageId),
    };
  }

  async #slice(id: SessionId, query: Parameters<MailboxQueue['list']>[0]): Promise<Message[]> {
    const { states, start, end, newestFirst = false } = query;
    const keys = this.#keys.session(id);
    // Whatever the mixture of states, none contributes more than the first `end + 1` of its own.
    const found = await this.#connection.call((redis) =>
      Promise.all(
        states.map((state) =>
          newestFirst
            ? redis.zrevrange(keys[state], 0, end, 'WITHSCORES')
            : redis.zrange(keys[state], 0, String(end), 'WITHSCORES'),
        ),
      ),
    );
    const places = found.flatMap(toPlaces).toSorted((a, b) => (newestFirst ? b.seq - a.seq : a.seq - b.seq));
    return this.#read(
      id,
      places.slice(start, end + 1).map((place) => place.id),
    );
  }

  async #read(id: SessionId, messageIds: readonly MessageId[]): Promise<Message[]> {
    const key = this.#keys.session(id).messages;
    const values = await this.#connection.call((redis) =>
      Promise.all(messageIds.map((messageId) => redis.hmget(key, ...messageFields(messageId)))),
    );
    return messageIds.flatMap((messageId, i) => {
      const record = toMessage(id, messageId, values[i] ?? []);
      return record ? publicMessage(record) : [];
    });
  }
}

function toPlaces(flat: readonly string[]): Place[] {
  const places: Place[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2)
    places.push({ id: flat[i] as MessageId, seq: Number(flat[i + 1]) });
  return places;
}
