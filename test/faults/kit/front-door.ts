import type { Message, MessageAccepted, Session, SessionRequest } from '@avatar-bridge/contracts';
import { setTimeout as sleep } from 'node:timers/promises';

type Answer = { status: number; body: unknown; tookMs: number };

/**
 * The gateways as a client behind a load balancer has them: another one is tried when one does not answer.
 */
export class FrontDoor {
  readonly #gateways: () => string[];
  readonly #key: string;
  #turn = 0;

  constructor(gateways: () => string[], key: string) {
    this.#gateways = gateways;
    this.#key = key;
  }

  /** One try at one gateway. Throws when there was no answer. */
  async try(
    method: string,
    path: string,
    options: { body?: unknown; key?: string; timeoutMs?: number } = {},
  ): Promise<Answer> {
    const gateways = this.#gateways();
    const gateway = gateways[this.#turn++ % Math.max(1, gateways.length)];
    if (gateway === undefined) throw new Error('No gateway is up');
    const { body, key, timeoutMs = 3_000 } = options;
    const begun = performance.now();
    const response = await fetch(gateway + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key && { 'idempotency-key': key }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? undefined : JSON.parse(text),
      tookMs: performance.now() - begun,
    };
  }

  /**
   * Tries until it is answered by anything but 5xx, for `forMs`. What it does must be harmless when done
   * twice: a read, or with a key.
   */
  async request<T>(
    method: string,
    path: string,
    options: { body?: unknown; key?: string; forMs?: number; signal?: AbortSignal } = {},
  ): Promise<T> {
    const deadline = performance.now() + (options.forMs ?? 60_000);
    let last: unknown;
    do {
      try {
        const { status, body } = await this.try(method, path, options);
        if (status < 300) return body as T;
        last = new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
        if (status < 500) throw new Refusal((last as Error).message, status);
      } catch (error) {
        if (error instanceof Refusal) throw error;
        last = error;
      }
      await sleep(150, undefined, { signal: options.signal });
    } while (performance.now() < deadline);
    throw last;
  }

  open(request: Partial<SessionRequest> | object, key: string): Promise<Session> {
    return this.request('POST', '/v1/sessions', { body: request, key });
  }
  session(id: string): Promise<Session> {
    return this.request('GET', `/v1/sessions/${id}`);
  }
  say(id: string, body: object, key: string, signal?: AbortSignal): Promise<MessageAccepted> {
    return this.request('POST', `/v1/sessions/${id}/messages`, { body, key, signal });
  }
  message(id: string, messageId: string): Promise<Message> {
    return this.request('GET', `/v1/sessions/${id}/messages/${messageId}`);
  }
  interrupt(id: string, key: string): Promise<unknown> {
    return this.request('POST', `/v1/sessions/${id}/interrupt`, { key, forMs: 10_000 });
  }
  async end(id: string): Promise<void> {
    await this.request('DELETE', `/v1/sessions/${id}`);
  }

  /** All messages of a session that are remembered. */
  async messages(id: string): Promise<Message[]> {
    const all: Message[] = [];
    for (;;) {
      const after = all.at(-1)?.seq ?? 0;
      const page = await this.request<Record<string, Message[]>>(
        'GET',
        `/v1/sessions/${id}/messages?limit=500&after=${after}`,
      );
      const messages = page['messages'] ?? page['items'] ?? [];
      all.push(...messages);
      if (messages.length < 500) return all;
    }
  }
}

/** What asking again does not change. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}
