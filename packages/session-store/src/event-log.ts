import type {
  EventId,
  ResetEvent,
  Session,
  SessionEvent,
  SessionEventBody,
  SessionId,
  SessionState,
  StreamedEvent,
} from '@avatar-bridge/contracts';
import type { Connection } from './connection.ts';
import { StoreUnavailableError, UnknownSessionError } from './errors.ts';
import { compareEntryIds, entryTime } from './ids.ts';
import type { Keys } from './record/keys.ts';
import { readEvents } from './scripts/index.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { EventQuery, EventStreamOptions } from './types.ts';
import { Wake } from './wake.ts';

/** Live events that a slow listener may leave lying. With more of them it reads the log again when it comes back. */
const bufferLimit = 1_000;
const pageSize = 200;
const retryInterval = 1_000;

type Entry = [id: string, fields: string[]];
type Page = {
  state: SessionState;
  last: EventId;
  events: SessionEvent[];
  /** Whether entries after the asked-for place are no longer there. */
  gap: boolean;
};

/** Reads and follows event logs. */
export class EventLog {
  readonly #connection: Connection;
  readonly #subscriptions: Subscriptions;
  readonly #keys: Keys;
  readonly #snapshot: (id: SessionId) => Promise<Session>;
  readonly #closing: AbortSignal;

  constructor(parts: {
    connection: Connection;
    subscriptions: Subscriptions;
    keys: Keys;
    snapshot: (id: SessionId) => Promise<Session>;
    closing: AbortSignal;
  }) {
    this.#connection = parts.connection;
    this.#subscriptions = parts.subscriptions;
    this.#keys = parts.keys;
    this.#snapshot = parts.snapshot;
    this.#closing = parts.closing;
  }

  async read(id: SessionId, { after = '0', limit = 1_000 }: EventQuery = {}): Promise<SessionEvent[]> {
    return (await this.#page(id, after === '0' ? '0-0' : after, Math.min(limit, 1_000))).events;
  }

  async *stream(
    id: SessionId,
    { after = '0', signal }: EventStreamOptions = {},
  ): AsyncGenerator<StreamedEvent, void, undefined> {
    const stopped = () => this.#closing.aborted || signal?.aborted === true;
    if (stopped()) return;
    const wake = new Wake();
    const onAbort = () => wake.notify();
    let buffer: SessionEvent[] = [];
    let mustRead = true;
    const behind = () => {
      buffer = [];
      mustRead = true;
      wake.notify();
    };
    // First the subscription, then the log: what comes in between is seen twice and dropped once.
    const leave = await this.#subscriptions.subscribe(
      this.#keys.session(id).events,
      (payload) => parsePayload(id, payload),
      {
        message: (event) => {
          if (buffer.length >= bufferLimit) return behind();
          buffer.push(event);
          wake.notify();
        },
        gap: behind,
      },
    );
    signal?.addEventListener('abort', onAbort);
    try {
      let last = after === '0' ? '0-0' : after === '$' ? (await this.#page(id, '0-0', 1)).last : after;
      let hasRead = false;
      while (!stopped()) {
        let page: Page | undefined;
        if (mustRead) {
          mustRead = false;
          const read = await this.#pageOrReset(id, last, hasRead);
          if (read === 'forgotten') return;
          if (read === 'unavailable') {
            mustRead = true;
            await wake.wait(retryInterval);
            continue;
          }
          hasRead = true;
          if ('type' in read) {
            last = read.id;
            mustRead = true;
            yield read;
            continue;
          }
          page = read;
          if (page.events.length === pageSize) mustRead = true;
        }
        for (const event of page ? page.events : buffer.splice(0)) {
          if (compareEntryIds(event.id, last) <= 0) continue;
          last = event.id;
          yield event;
          if (event.type === 'session.ended' || stopped()) return;
        }
        if (page?.state === 'ended' && compareEntryIds(last, page.last) >= 0) return;
        if (!mustRead && buffer.length === 0) await wake.wait();
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      leave();
    }
  }

  /** The next page, or a reset if the log no longer reaches back to `after`. Once something was read, an outage is no error any more. */
  async #pageOrReset(
    id: SessionId,
    after: EventId,
    patient: boolean,
  ): Promise<Page | ResetEvent | 'unavailable' | 'forgotten'> {
    try {
      const page = await this.#page(id, after, pageSize);
      if (!page.gap) return page;
      return {
        type: 'reset',
        id: page.last,
        sessionId: id,
        at: Date.now(),
        snapshot: await this.#snapshot(id),
      };
    } catch (error) {
      if (patient && error instanceof StoreUnavailableError) return 'unavailable';
      if (patient && error instanceof UnknownSessionError) return 'forgotten';
      throw error;
    }
  }

  async #page(id: SessionId, after: EventId, count: number): Promise<Page> {
    const [status, ...answer] = await this.#connection.run(readEvents, this.#keys.session(id), {
      after,
      count,
    });
    if (status !== 'ok') throw new UnknownSessionError(id);
    const [state, forgotten, last, ...entries] = answer as [SessionState, EventId, EventId, ...Entry[]];
    return {
      state,
      last,
      gap: compareEntryIds(after, forgotten) < 0,
      events: entries.map(([entryId, fields]) => toEvent(id, entryId, fields[1] as string)),
    };
  }
}

function toEvent(sessionId: SessionId, id: EventId, json: string): SessionEvent {
  return { id, sessionId, at: entryTime(id), ...(JSON.parse(json) as SessionEventBody) };
}

function parsePayload(sessionId: SessionId, payload: string): SessionEvent {
  const space = payload.indexOf(' ');
  return toEvent(sessionId, payload.slice(0, space), payload.slice(space + 1));
}
