import { AvatarSettings, type VendorSession } from '@avatar-bridge/contracts';
import { apiKey, order } from '../../testing/simulated-vendor.ts';
import { HeyGenClient } from '@avatar-bridge/heygen-client';
import { Room, RoomEvent } from '@livekit/rtc-node';
import { pino } from 'pino';
import { vi } from 'vitest';
import type { OpenRequest, ProviderSession } from '../../avatar-provider.ts';
import { Seal } from '../../seal.ts';
import type { VendorEvent } from '../../vendor-event.ts';
import { HeyGenProvider } from '../heygen-provider.ts';

type Simulator = { url: string; adminUrl: string };
type SessionView = {
  sessionId: string;
  state: string;
  closeReason?: string;
  tasks: { taskId: string; text: string; origin?: string }[];
};
type RequestView = { method: string; path: string; status: number };
export type Opened = { session: ProviderSession; events: VendorEvent[]; refs: VendorSession[] };

const quiet = pino({ enabled: false });
const small = AvatarSettings.parse({ quality: 'low' });

/** A vendor account at a simulator, with the adapter under test. */
export class VendorAccount {
  readonly simulator: Simulator;
  readonly provider: HeyGenProvider;
  readonly #rooms: Room[] = [];

  constructor(simulator: Simulator, key = apiKey) {
    this.simulator = simulator;
    this.provider = new HeyGenProvider({
      client: new HeyGenClient({ apiKey: key, baseUrl: simulator.url }),
      logger: quiet,
      seal: new Seal('a secret of the tests'),
    });
  }

  request(overrides: Partial<OpenRequest> = {}): OpenRequest & Pick<Opened, 'events' | 'refs'> {
    const events: VendorEvent[] = [];
    const refs: VendorSession[] = [];
    return {
      sessionId: 'ses_test',
      avatar: small,
      seatAvatar: () => Promise.reject(new Error('HeyGen has a room of its own')),
      recordRef: (ref) => Promise.resolve(void refs.push(ref)),
      onEvent: (event) => events.push(event),
      signal: AbortSignal.timeout(60_000),
      events,
      refs,
      ...overrides,
    };
  }

  async opened(overrides: Partial<OpenRequest> = {}): Promise<Opened> {
    const request = this.request(overrides);
    return { session: await this.provider.open(request), events: request.events, refs: request.refs };
  }

  /** Joins the vendor's room as its client and hands its data over, as the relay does. */
  async join(session: ProviderSession): Promise<void> {
    const room = new Room();
    this.#rooms.push(room);
    room.on(RoomEvent.DataReceived, (payload) => session.handleRoomData(Buffer.from(payload).toString(), {}));
    if (session.media.kind !== 'room') throw new Error('HeyGen has a room of its own');
    await room.connect(session.media.url, session.media.token, { autoSubscribe: false, dynacast: false });
    await this.untilState(session.ref.id, 'connected');
  }

  async sessions(): Promise<SessionView[]> {
    return (
      (await (await fetch(`${this.simulator.adminUrl}/sessions`)).json()) as { sessions: SessionView[] }
    ).sessions;
  }

  async view(id: string): Promise<SessionView> {
    return (await (await fetch(`${this.simulator.adminUrl}/sessions/${id}`)).json()) as SessionView;
  }

  async untilState(id: string, state: string): Promise<void> {
    await vi.waitUntil(async () => (await this.view(id)).state === state, { timeout: 20_000, interval: 50 });
  }

  /** Paths of the vendor that were called, in order. */
  async calls(): Promise<string[]> {
    const { requests } = (await (await fetch(`${this.simulator.adminUrl}/requests`)).json()) as {
      requests: RequestView[];
    };
    return requests.map(({ path }) => path.replace('/v1/streaming.', '').split('?')[0]!);
  }

  fault(fault: object): Promise<void> {
    return order(this.simulator.adminUrl, 'POST', '/faults', fault);
  }

  switches(values: Record<string, string>): Promise<void> {
    return order(this.simulator.adminUrl, 'PATCH', '/switches', values);
  }

  user(id: string, command: object): Promise<void> {
    return order(this.simulator.adminUrl, 'POST', `/sessions/${id}/user`, command);
  }

  async reset(): Promise<void> {
    await Promise.all(this.#rooms.splice(0).map((room) => room.disconnect()));
    await order(this.simulator.adminUrl, 'POST', '/reset');
  }
}
