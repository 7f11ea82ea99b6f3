import { randomUUID } from 'node:crypto';
import { startSimulator, type SessionView, type Simulator } from '@avatar-bridge/avatar-simulator';
import {
  MessageRequest,
  type SessionEvent,
  type SessionEventType,
  SessionRequest,
} from '@avatar-bridge/contracts';
import { HeyGenClient } from '@avatar-bridge/heygen-client';
import { LiveAvatarClient } from '@avatar-bridge/heygen-client/liveavatar';
import { createMediaRelay, type MediaRelay } from '@avatar-bridge/relay';
import { openSessionStore, type SessionStore } from '@avatar-bridge/session-store';
import { EmbeddedSpeech, type SpeechSynthesizer } from '@avatar-bridge/speech';
import { pino } from 'pino';
import { inject, vi } from 'vitest';
import { createMetrics } from '../../src/metrics.ts';
import { HeyGenProvider } from '../../src/providers/heygen/heygen-provider.ts';
import { FullProvider, type FullProviderOptions } from '../../src/providers/liveavatar-full/full-provider.ts';
import { OwnVoice } from '../../src/providers/own-voice/own-voice.ts';
import { Seal } from '../../src/providers/seal.ts';
import { Providers } from '../../src/providers/providers.ts';
import { VoiceOnlyProvider } from '../../src/providers/voice-only/voice-only-provider.ts';
import { stageAccess } from '../../src/session/stage-access.ts';
import { Worker, type WorkerParts } from '../../src/worker.ts';

type EventOf<T extends SessionEventType> = Extract<SessionEvent, { type: T }>;

/** Names itself in every sentence, so that what the vendor heard can be told apart. */
export const sentence = (n: number | string) => `This is sentence ${n}.`;

/** A worker with all that is real around it: Redis, both LiveKit servers, and the simulator for the vendor. */
export class Rig {
  readonly account: string;
  readonly apiKey: string;
  readonly logger = pino({ level: process.env['TEST_LOG'] ?? 'silent' });
  readonly simulator: Simulator;
  /** The gateway's. */
  readonly store: SessionStore;
  /** The workers'. */
  readonly workerStore: SessionStore;
  readonly #seal = new Seal('a secret of the tests');
  readonly #workers: { worker: Worker; mediaRelay: MediaRelay }[] = [];

  private constructor(
    simulator: Simulator,
    stores: [SessionStore, SessionStore],
    account: string,
    apiKey: string,
  ) {
    this.simulator = simulator;
    [this.store, this.workerStore] = stores;
    this.account = account;
    this.apiKey = apiKey;
  }

  static async open(
    options: Partial<Parameters<typeof startSimulator>[0]> = {},
    redisUrl = inject('redisUrl'),
  ): Promise<Rig> {
    const apiKey = `key-${randomUUID()}`;
    const account = `worker-test-${randomUUID()}`;
    const simulator = await startSimulator({ apiKey, livekit: inject('livekit').vendor, ...options });
    const open = () => openSessionStore({ redisUrl, account });
    return new Rig(simulator, [await open(), await open()], account, apiKey);
  }

  provider({ apiKey = this.apiKey, queueDepth = 1 } = {}): HeyGenProvider {
    const client = new HeyGenClient({ apiKey, baseUrl: this.simulator.url });
    return new HeyGenProvider({ client, logger: this.logger, seal: this.#seal, queueDepth });
  }

  liveAvatarClient(): LiveAvatarClient {
    return new LiveAvatarClient({ apiKey: this.apiKey, baseUrl: this.simulator.url });
  }

  full(options: Partial<FullProviderOptions> = {}): FullProvider {
    const avatarId = '513fd1b7-7ef9-466d-9af2-344e51eeb833';
    const { logger } = this;
    return new FullProvider({
      client: this.liveAvatarClient(),
      avatarId,
      logger,
      seal: this.#seal,
      ...options,
    });
  }

  voiceOnly(synthesizer: SpeechSynthesizer = new EmbeddedSpeech()): VoiceOnlyProvider {
    const ownVoice = new OwnVoice({ synthesizer });
    return new VoiceOnlyProvider({ ownVoice, logger: this.logger });
  }

  startWorker(parts: Partial<WorkerParts> = {}): Worker {
    const mediaRelay = createMediaRelay({ engine: 'rtp', hosts: 1, logger: this.logger });
    const worker = new Worker({
      store: this.workerStore,
      providers: new Providers([this.provider()]),
      mediaRelay,
      stage: stageAccess(inject('livekit').stage),
      metrics: createMetrics(),
      logger: this.logger,
      name: `worker-${this.#workers.length}`,
      slots: 20,
      capacity: 20,
      keepVendorEvents: true,
      ...parts,
    });
    this.#workers.push({ worker, mediaRelay });
    return worker;
  }

  async session(avatar: object = {}, more: object = {}): Promise<Conversation> {
    const { session } = await this.store.createSession(
      SessionRequest.parse({ avatar: { quality: 'low', ...avatar }, ...more }),
    );
    return new Conversation(this, session.id);
  }

  /** A session on whose stage the avatar is. */
  async liveSession(avatar: object = {}, more: object = {}): Promise<Conversation> {
    const conversation = await this.session(avatar, more);
    await conversation.until('session.live');
    return conversation;
  }

  async vendorSessions(): Promise<SessionView[]> {
    return (
      (await (await fetch(`${this.simulator.adminUrl}/sessions`)).json()) as { sessions: SessionView[] }
    ).sessions;
  }

  async openVendorSessions(): Promise<SessionView[]> {
    return (await this.vendorSessions()).filter(({ state }) => state !== 'closed');
  }

  async requests(): Promise<{ path: string; at: number; status: number }[]> {
    const answer = (await (await fetch(`${this.simulator.adminUrl}/requests`)).json()) as {
      requests: { path: string; at: number; status: number }[];
    };
    return answer.requests;
  }

  async fault(fault: object): Promise<void> {
    await this.#order('POST', '/faults', fault);
  }

  async clearFaults(): Promise<void> {
    await this.#order('DELETE', '/faults');
  }

  /** What the LiveAvatar account has left. */
  async credits(credits: number): Promise<void> {
    await this.#order('PATCH', '/account', { credits });
  }

  async switches(values: object): Promise<void> {
    await this.#order('PATCH', '/switches', values);
  }

  async #order(method: string, path: string, body?: object): Promise<void> {
    const response = await fetch(`${this.simulator.adminUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#workers.map(async ({ worker, mediaRelay }) => {
        void worker.drain();
        await worker.drain();
        await mediaRelay.close();
      }),
    );
    await this.simulator.close();
    await Promise.all([this.store.close(), this.workerStore.close()]);
  }
}

/** One session as its chatbot sees it. */
export class Conversation {
  readonly #rig: Rig;
  readonly id: string;

  constructor(rig: Rig, id: string) {
    this.#rig = rig;
    this.id = id;
  }

  async say(text: string, more: { mode?: 'talk' | 'repeat'; expiresAfter?: number } = {}): Promise<string> {
    const { message } = await this.#rig.store.postMessage(this.id, MessageRequest.parse({ text, ...more }));
    return message.id;
  }

  async interrupt() {
    return (await this.#rig.store.interrupt(this.id)).interrupt;
  }

  stop(reason = 'The test is done') {
    return this.#rig.store.stopSession(this.id, reason);
  }

  session() {
    return this.#rig.store.getSession(this.id);
  }

  message(id: string) {
    return this.#rig.store.getMessage(this.id, id);
  }

  events(): Promise<SessionEvent[]> {
    return this.#rig.store.readEvents(this.id, { limit: 10_000 });
  }

  async eventsOf<T extends SessionEventType>(type: T): Promise<EventOf<T>[]> {
    return (await this.events()).filter((event): event is EventOf<T> => event.type === type);
  }

  /** The first event of a type that fits, also if it is in the past. */
  async until<T extends SessionEventType>(
    type: T,
    fits: (event: EventOf<T>) => boolean = () => true,
    timeout = 25_000,
  ): Promise<EventOf<T>> {
    const signal = AbortSignal.timeout(timeout);
    for await (const event of this.#rig.store.events(this.id, { after: '0', signal })) {
      if (event.type === type && fits(event as EventOf<T>)) return event as EventOf<T>;
    }
    const seen = (await this.events())
      .filter((event) => event.type !== 'vendor.event')
      .map((event) => JSON.stringify(event));
    throw new Error(`${type} did not come. There were:\n${seen.join('\n')}`);
  }

  async finished(...ids: string[]): Promise<string[]> {
    return Promise.all(
      ids.map(async (id) => {
        await this.until('message.accepted', ({ messageId }) => messageId === id);
        const message = await vi.waitUntil(
          async () => {
            const found = await this.message(id);
            return found.finishedAt !== undefined && found;
          },
          { timeout: 60_000, interval: 100 },
        );
        return message.state;
      }),
    );
  }

  /** The vendor sessions that were opened for this session, in order, as the vendor sees them. */
  async vendorSessions(): Promise<SessionView[]> {
    const opened = (await this.eventsOf('vendor.opened')).map(({ vendorSessionId }) => vendorSessionId);
    const views = await this.#rig.vendorSessions();
    return opened.flatMap((id) => views.filter(({ sessionId }) => sessionId === id));
  }

  /** What the avatar said to its end, in order. */
  async spoken(): Promise<string[]> {
    const tasks = (await this.vendorSessions()).flatMap((session) => session.tasks);
    return tasks
      .filter((task) => task.stoppedAt !== undefined && task.interruptedAt === undefined)
      .map(({ text }) => text);
  }
}
