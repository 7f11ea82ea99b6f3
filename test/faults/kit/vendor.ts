import type { SessionView } from '../../../packages/avatar-simulator/src/index.ts';

/** The simulated vendor as its operator sees it. */
export class Vendor {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async sessions(): Promise<SessionView[]> {
    return (await this.#order<{ sessions: SessionView[] }>('GET', '/sessions')).sessions;
  }

  async open(): Promise<SessionView[]> {
    return (await this.sessions()).filter(({ state }) => state !== 'closed');
  }

  /** The ids of the sessions that were hit at once. */
  async fault(fault: object): Promise<string[]> {
    return (await this.#order<{ sessions?: string[] }>('POST', '/faults', fault)).sessions ?? [];
  }

  async clearFaults(): Promise<void> {
    await this.#order('DELETE', '/faults');
  }

  async #order<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.url}/admin${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}
