import { randomUUID } from 'node:crypto';
import { apiKey, order } from '../../testing/simulated-vendor.ts';
import { AvatarSettings, type VendorSession } from '@avatar-bridge/contracts';
import { LiveAvatarClient } from '@avatar-bridge/heygen-client/liveavatar';
import type { SpeechSynthesizer } from '@avatar-bridge/speech';
import { pino } from 'pino';
import type { Responder } from '../../../responder/responder.ts';
import { stageAccess, type StageOptions } from '../../../session/stage-access.ts';
import type { OpenRequest, ProviderSession } from '../../avatar-provider.ts';
import { OwnVoice } from '../../own-voice/own-voice.ts';
import type { VendorEvent } from '../../vendor-event.ts';
import { LiteProvider, type LiteProviderOptions } from '../lite-provider.ts';

type Task = {
  origin?: string;
  receivedAt: number;
  receivedMs?: number;
  playedMs?: number;
  startedAt?: number;
  stoppedAt?: number;
  interruptedAt?: number;
};
type SessionView = { sessionId: string; state: string; closeReason?: string; tasks: Task[] };
type Opened = { session: ProviderSession; events: VendorEvent[]; refs: VendorSession[] };

const avatarId = '513fd1b7-7ef9-466d-9af2-344e51eeb833';
const quiet = pino({ enabled: false });
const nothing = () => Promise.resolve();
const silentChannel = { sendData: nothing, playVoice: nothing, clearVoice: nothing };

/** A LiveAvatar account at a simulator, whose avatars join a stage, with the adapter under test. */
export class LiteAccount {
  readonly provider: LiteProvider;
  readonly #adminUrl: string;
  readonly #stage: StageOptions;
  readonly #sessions: ProviderSession[] = [];

  constructor(
    simulator: { url: string; adminUrl: string },
    stage: StageOptions,
    {
      synthesizer,
      responder,
      ...options
    }: { synthesizer: SpeechSynthesizer; responder?: Responder } & Partial<LiteProviderOptions>,
  ) {
    this.#adminUrl = simulator.adminUrl;
    this.#stage = stage;
    this.provider = new LiteProvider({
      client: new LiveAvatarClient({ apiKey, baseUrl: simulator.url }),
      ownVoice: new OwnVoice({ synthesizer, responder }),
      avatarId,
      logger: quiet,
      ...options,
    });
  }

  request(overrides: Partial<OpenRequest> = {}): OpenRequest & Pick<Opened, 'events' | 'refs'> {
    const events: VendorEvent[] = [];
    const refs: VendorSession[] = [];
    const sessionId = `ses_${randomUUID()}` as const;
    return {
      sessionId,
      avatar: AvatarSettings.parse({ quality: 'low' }),
      seatAvatar: () => stageAccess(this.#stage).seat(sessionId, sessionId),
      recordRef: (ref) => Promise.resolve(void refs.push(ref)),
      onEvent: (event) => events.push(event),
      signal: AbortSignal.timeout(60_000),
      events,
      refs,
      ...overrides,
    };
  }

  /** Open and connected: the avatar is on the stage, and takes what is said. */
  async opened(overrides: Partial<OpenRequest> = {}): Promise<Opened> {
    const request = this.request(overrides);
    const session = await this.provider.open(request);
    this.#sessions.push(session);
    await session.connect(silentChannel, request.signal);
    return { session, events: request.events, refs: request.refs };
  }

  async view(id: string): Promise<SessionView> {
    return (await (await fetch(`${this.#adminUrl}/sessions/${id}`)).json()) as SessionView;
  }

  async sessions(): Promise<SessionView[]> {
    const body = await (await fetch(`${this.#adminUrl}/sessions`)).json();
    return (body as { sessions: SessionView[] }).sessions;
  }

  /** What the avatar said, or was to say, in order. */
  async tasks(session: ProviderSession): Promise<Task[]> {
    return (await this.view(session.ref.id)).tasks;
  }

  fault(fault: object): Promise<void> {
    return order(this.#adminUrl, 'POST', '/faults', fault);
  }

  switches(values: Record<string, string>): Promise<void> {
    return order(this.#adminUrl, 'PATCH', '/switches', values);
  }

  async reset(): Promise<void> {
    await Promise.all(this.#sessions.splice(0).map((session) => session.close('test').catch(nothing)));
    await order(this.#adminUrl, 'POST', '/reset');
  }
}
