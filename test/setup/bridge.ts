import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  Message,
  MessageAccepted,
  MessageRequest,
  Session,
  SessionEventType,
  SocketResponse,
  StreamedEvent,
  TicketGrant,
  ViewerAccess,
} from '@avatar-bridge/contracts';
import { inject } from 'vitest';
import { WebSocket } from 'ws';
import { startStack, type Stack, type StackOptions } from '../../scripts/stack/stack.ts';

/** A whole avatar-bridge on the shared servers, and what a chatbot backend would do with it. */
export class Bridge implements AsyncDisposable {
  readonly stack: Stack;
  readonly account: string;
  private constructor(stack: Stack, account: string) {
    this.stack = stack;
    this.account = account;
  }

  static async start(
    options: Partial<Pick<StackOptions, 'workers' | 'slots' | 'env' | 'stage'>> = {},
  ): Promise<Bridge> {
    const { vendor, stage } = inject('livekit');
    const account = `e2e-${randomUUID().slice(0, 8)}`;
    return new Bridge(
      await startStack({
        redisUrl: inject('redisUrl'),
        stage,
        vendorLivekit: vendor,
        account,
        ...options,
      }),
      account,
    );
  }

  async request<T>(method: string, path: string, body?: unknown, base = this.stack.gateway.url): Promise<T> {
    const response = await fetch(base + path, {
      method,
      headers: {
        authorization: `Bearer ${this.stack.chatbotKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  createSession = (body: unknown = {}): Promise<Session> => this.request('POST', '/v1/sessions', body);
  session = (id: string): Promise<Session> => this.request('GET', `/v1/sessions/${id}`);
  deleteSession = (id: string): Promise<Session> => this.request('DELETE', `/v1/sessions/${id}`);
  say = (id: string, text: string, more: Partial<MessageRequest> = {}): Promise<MessageAccepted> =>
    this.request('POST', `/v1/sessions/${id}/messages`, { text, ...more });
  message = (id: string, messageId: string): Promise<Message> =>
    this.request('GET', `/v1/sessions/${id}/messages/${messageId}`);
  interrupt = (id: string): Promise<{ id: string }> => this.request('POST', `/v1/sessions/${id}/interrupt`);
  viewer = (id: string, control: boolean | TicketGrant[] = false): Promise<ViewerAccess> =>
    this.request('POST', `/v1/sessions/${id}/viewers`, { control });

  /** A session whose avatar is on the stage. */
  async liveSession(body?: unknown): Promise<{ id: string; events: EventReader }> {
    const { id } = await this.createSession(body);
    const events = this.follow(id);
    await events.until('session.live');
    return { id, events };
  }

  follow(id: string): EventReader {
    return new EventReader(this.stack.gateway.url, id, this.stack.chatbotKey);
  }

  /** The simulated vendor's own books. */
  async vendorSessions(): Promise<VendorSessionBook[]> {
    const { sessions } = await this.simulator<{ sessions: VendorSessionBook[] }>('GET', '/admin/sessions');
    return sessions;
  }

  simulator<T>(method: string, path: string, body?: unknown): Promise<T> {
    if (!this.stack.simulator) throw new Error('There is no simulator');
    return this.request<T>(method, path, body, this.stack.simulator.url);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stack.stop();
  }
}

export type VendorSessionBook = {
  sessionId: string;
  state: string;
  openedAt: number;
  closedAt?: number;
  closeReason?: string;
  tasks: {
    taskId: string;
    text: string;
    taskType: string;
    receivedAt: number;
    startedAt?: number;
    stoppedAt?: number;
    interruptedAt?: number;
    /** Of sound that was brought. */
    playedMs?: number;
  }[];
};

const lastStates = new Set<string>([
  'message.spoken',
  'message.interrupted',
  'message.failed',
  'message.dropped',
  'message.expired',
]);
type EventOf<T extends SessionEventType> = Extract<StreamedEvent, { type: T }>;

/** Reads a session's events over the WebSocket, from the beginning. */
export class EventReader {
  readonly seen: StreamedEvent[] = [];
  readonly #socket: WebSocket;
  #wakes: (() => void)[] = [];
  #closed: string | undefined;

  constructor(gatewayUrl: string, sessionId: string, key: string, after = '0-0') {
    this.#socket = new WebSocket(
      `${gatewayUrl.replace('http', 'ws')}/v1/sessions/${sessionId}/socket?after=${after}`,
      {
        headers: { authorization: `Bearer ${key}` },
      },
    );
    this.#socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as SocketResponse;
      if (message.type === 'event') this.seen.push(message.event);
      this.#wake();
    });
    this.#socket.on('error', (error) => (this.#closed ??= error.message));
    this.#socket.on('close', (code) => {
      this.#closed ??= `closed with ${code}`;
      this.#wake();
    });
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }

  /** The first event of the type that fits, seen already or yet to come. */
  until<T extends SessionEventType>(
    type: T,
    fits: (event: EventOf<T>) => boolean = () => true,
    timeout = 60_000,
  ): Promise<EventOf<T>> {
    return this.#matching(
      (event) => event.type === type && fits(event as EventOf<T>),
      type,
      timeout,
    ) as Promise<EventOf<T>>;
  }

  async #matching(
    fits: (event: StreamedEvent) => boolean,
    what: string,
    timeout: number,
  ): Promise<StreamedEvent> {
    const deadline = Date.now() + timeout;
    for (let index = 0; ;) {
      for (; index < this.seen.length; index++) {
        const event = this.seen[index];
        if (event && fits(event)) return event;
        if (event?.type === 'session.ended')
          throw new Error(`The session ended while ${what} was waited for: ${event.code}: ${event.message}`);
      }
      const left = deadline - Date.now();
      if (left <= 0 || this.#closed) {
        throw new Error(
          `${what} did not come (${this.#closed ?? `within ${timeout} ms`}); seen: ${this.seen.map((event) => event.type).join(', ')}`,
        );
      }
      const late = new AbortController();
      const woken = new Promise<void>((resolve) => this.#wakes.push(resolve));
      await Promise.race([woken, delay(left, undefined, { signal: late.signal }).catch(() => undefined)]);
      late.abort();
    }
  }

  /** How each of these messages ended, once all have. */
  async finished(messageIds: string[], timeout = 120_000): Promise<Record<string, string>> {
    const ends: Record<string, string> = {};
    for (const messageId of messageIds) {
      const end = await this.#matching(
        (event) => lastStates.has(event.type) && 'messageId' in event && event.messageId === messageId,
        `the end of ${messageId}`,
        timeout,
      );
      ends[messageId] = end.type;
    }
    return ends;
  }

  close(): void {
    this.#socket.close();
  }
}
