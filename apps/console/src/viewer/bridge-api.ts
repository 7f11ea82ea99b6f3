import type { MessageAccepted, MessageMode, Problem, Session, ViewerAccess } from '@avatar-bridge/contracts';

/** The gateway refused; the message says what to do. */
export class BridgeError extends Error {
  override name = 'BridgeError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Browsers have crypto.randomUUID in secure contexts only, and people watch over plain http in their own network. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/** The gateway's API as this page uses it, with the ticket as its key. */
export class BridgeApi {
  readonly #ticket: string;
  constructor(ticket: string) {
    this.#ticket = ticket;
  }

  session(id: string): Promise<Session> {
    return this.#call('GET', `/v1/sessions/${id}`);
  }

  /**
   * Opens the successor of a session that has ended; the answer's ticket is the successor's. `provider`: which of the session's
   * providers is tried first.
   */
  async restart(id: string, provider?: string): Promise<{ id: string; ticket: string }> {
    const response = await this.#fetch('POST', `/v1/sessions/${id}/restart`, {
      ...(provider && { provider }),
    });
    const session = (await response.json()) as Session;
    return { id: session.id, ticket: response.headers.get('bridge-ticket') ?? this.#ticket };
  }

  deleteSession(id: string): Promise<Session> {
    return this.#call('DELETE', `/v1/sessions/${id}`);
  }

  postMessage(id: string, text: string, mode: MessageMode): Promise<MessageAccepted> {
    return this.#call(
      'POST',
      `/v1/sessions/${id}/messages`,
      { text, mode },
      { 'idempotency-key': randomKey() },
    );
  }

  interrupt(id: string): Promise<unknown> {
    return this.#call('POST', `/v1/sessions/${id}/interrupt`);
  }

  viewer(id: string): Promise<ViewerAccess> {
    return this.#call('POST', `/v1/sessions/${id}/viewers`, {});
  }

  /** The socket's address and subprotocols: browsers can't send a header with it. */
  socket(id: string, after: string): { url: string; protocols: string[] } {
    const url = new URL(`/v1/sessions/${id}/socket?after=${after}`, window.location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    return { url: url.href, protocols: ['avatar-bridge', `bearer.${this.#ticket}`] };
  }

  async #call<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    const response = await this.#fetch(method, path, body, headers);
    return (await response.json()) as T;
  }

  async #fetch(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const response = await fetch(path, {
      method,
      headers: {
        authorization: `Bearer ${this.#ticket}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    }).catch(() => {
      throw new BridgeError(0, 'The gateway can’t be reached. Is it running?');
    });
    if (response.ok) return response;
    const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
    const rules = problem?.errors?.map(({ field, rule }) => `${field}: ${rule}`).join('; ');
    throw new BridgeError(
      response.status,
      rules ?? problem?.detail ?? `The gateway answered ${response.status}`,
    );
  }
}
