import { randomUUID } from 'node:crypto';
import { LiteMessage } from '@avatar-bridge/heygen-client/liveavatar';
import { vi } from 'vitest';
import { WebSocket } from 'ws';

type Told = { type: string; source_event_id?: string | null; [key: string]: unknown };

/** A client that brings sound, as plain as possible. */
export class AudioClient implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly told: Told[] = [];
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Told;
      LiteMessage.parse(message);
      this.told.push(message);
    });
  }

  /** Rejects with the HTTP status when the upgrade is refused. */
  static async open(url: string): Promise<AudioClient> {
    const socket = new WebSocket(url);
    const client = new AudioClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('unexpected-response', (_, response) =>
        reject(new Error(`refused with ${response.statusCode}`)),
      );
      socket.once('error', reject);
    });
    return client;
  }

  /** A client whose commands are taken. */
  static async connected(url: string): Promise<AudioClient> {
    const client = await AudioClient.open(url);
    await vi.waitUntil(() => client.told.some(({ state }) => state === 'connected'), { timeout: 10_000 });
    client.told.length = 0;
    return client;
  }

  get types(): string[] {
    return this.told.map(({ type }) => type);
  }

  /** What was told of speech, without the acknowledgements. */
  get signals(): string[] {
    return this.told.flatMap(({ type, new_state: state }) => {
      if (type === 'agent.state_updated') return [String(state)];
      return type.startsWith('agent.speak_') ? [type.slice('agent.'.length)] : [];
    });
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Sends `ms` of a tone; returns its event_id. */
  speak(ms: number, eventId: string | null = randomUUID()): string | null {
    this.send({ type: 'agent.speak', audio: tone(ms), event_id: eventId });
    return eventId;
  }

  end(eventId: string | null = null): void {
    this.send({ type: 'agent.speak_end', event_id: eventId });
  }

  interrupt(eventId: string | null = null): void {
    this.send({ type: 'agent.interrupt', event_id: eventId });
  }

  async until(type: string, count = 1): Promise<Told> {
    const of = (): Told[] => this.told.filter((one) => one.type === type);
    await vi.waitUntil(() => of().length >= count, { timeout: 10_000, interval: 5 });
    return of()[count - 1]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** Base64 of s16le at 24 kHz. */
export function tone(ms: number): string {
  const pcm = Buffer.alloc(Math.round(ms * 24) * 2);
  for (let index = 0; index < pcm.length / 2; index++)
    pcm.writeInt16LE(Math.round(12_000 * Math.sin((2 * Math.PI * 500 * index) / 24_000)), index * 2);
  return pcm.toString('base64');
}
