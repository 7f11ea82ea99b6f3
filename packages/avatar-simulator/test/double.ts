import { inject } from 'vitest';
import type { SessionView } from '../src/admin/session-view.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../src/simulator.ts';
import { TimedMedia } from './timed-media.ts';

export const apiKey = 'the-account-key';

export type Answer = { status: number; body: { [key: string]: unknown }; headers: Headers };
type Credential = { token: string } | { key: string } | { none: true };

/** A simulator with a timed avatar, and short ways to call it with raw requests. */
export class Double {
  readonly simulator: Simulator;

  private constructor(simulator: Simulator) {
    this.simulator = simulator;
  }

  static async start(options: Partial<SimulatorOptions> = {}): Promise<Double> {
    return new Double(
      await startSimulator({
        apiKey,
        livekit: inject('livekit').vendor,
        startMedia: TimedMedia.start,
        ...options,
      }),
    );
  }

  get url(): string {
    return this.simulator.url;
  }

  async post(path: string, body: unknown = {}, credential: Credential = { key: apiKey }): Promise<Answer> {
    return answerOf(
      await fetch(this.url + path, {
        method: 'POST',
        headers: headers(credential),
        body: JSON.stringify(body),
      }),
    );
  }

  async get(path: string, credential: Credential = { key: apiKey }): Promise<Answer> {
    return answerOf(await fetch(this.url + path, { headers: headers(credential) }));
  }

  async admin(method: string, path: string, body?: unknown): Promise<Answer> {
    const init =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return answerOf(await fetch(this.simulator.adminUrl + path, { method, ...init }));
  }

  async token(): Promise<string> {
    return dataOf<{ token: string }>(await this.post('/v1/streaming.create_token')).token;
  }

  /** A session that streaming.new answered. */
  async opened(request: object = {}, credential?: Credential): Promise<string> {
    const answer = await this.post('/v1/streaming.new', { version: 'v2', ...request }, credential);
    return dataOf<{ session_id: string }>(answer).session_id;
  }

  /** A session whose avatar is up. */
  async connected(request: object = {}): Promise<{ id: string; media: TimedMedia }> {
    const id = await this.opened(request);
    dataOf(await this.post('/v1/streaming.start', { session_id: id }));
    await this.until(id, (session) => session.state === 'connected');
    const media = TimedMedia.all.findLast((one) => roomOf(one.options.token) === id);
    if (!media) throw new Error('The session has no avatar');
    return { id, media };
  }

  task(sessionId: string, text: string, more: object = {}): Promise<Answer> {
    return this.post('/v1/streaming.task', { session_id: sessionId, text, ...more });
  }

  async session(id: string): Promise<SessionView> {
    return (await this.admin('GET', `/sessions/${id}`)).body as unknown as SessionView;
  }

  async until(id: string, condition: (session: SessionView) => boolean): Promise<SessionView> {
    for (const from = performance.now(); ; await new Promise((resolve) => setTimeout(resolve, 10))) {
      const session = await this.session(id);
      if (condition(session)) return session;
      if (performance.now() - from > 15_000)
        throw new Error(`The session did not come to what was waited for: ${JSON.stringify(session)}`);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.simulator.close();
  }
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what it expects
export function dataOf<T>(answer: Answer): T {
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body['data'] as T;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  let body: Answer['body'];
  try {
    body = text === '' ? {} : (JSON.parse(text) as Answer['body']);
  } catch {
    body = { text };
  }
  return { status: response.status, body, headers: response.headers };
}

function headers(credential: Credential): Record<string, string> {
  const type = { 'content-type': 'application/json' };
  if ('token' in credential) return { ...type, authorization: `Bearer ${credential.token}` };
  return 'key' in credential ? { ...type, 'x-api-key': credential.key } : type;
}

/** The room that a LiveKit join token names. */
export function roomOf(jwt: string): string {
  return claimsOf(jwt).video.room;
}

export function claimsOf(jwt: string): {
  sub: string;
  name: string;
  exp: number;
  nbf: number;
  video: { room: string; [grant: string]: unknown };
} {
  return JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());
}
