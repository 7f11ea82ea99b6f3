import { randomBytes } from 'node:crypto';
import { AccessToken, RoomConfiguration } from 'livekit-server-sdk';
import type { VideoGrant } from 'livekit-server-sdk';
import type { stageConfiguration } from '../../packages/contracts/src/index.ts';
import { livekitServer } from '../../scripts/install/livekit-server.ts';
import { allOrNone } from '../../scripts/servers/all-or-none.ts';
import { startLivekit } from '../../scripts/servers/livekit.ts';
import { pidListeningOn } from './sockets.ts';

export type Server = {
  url: string;
  apiKey: string;
  apiSecret: string;
  /** Unless it runs elsewhere. */ pid: number | undefined;
};
/** An address with a token to join with. */
export type Ticket = { url: string; token: string };

export const AVATAR = 'avatar';

/** The vendor's server and the team's, and the rooms of one bench on them. */
export class Rooms {
  /** Starts two servers of its own, or takes the given one for both. */
  static async open(given?: { url: string; apiKey: string; apiSecret: string }): Promise<Rooms> {
    if (given) {
      const server = { ...given, pid: pidListeningOn(Number(new URL(given.url).port)) };
      return new Rooms(server, server, async () => {});
    }
    const binary = await livekitServer();
    const [vendor, stage] = await allOrNone([
      startLivekit({ binary, name: 'vendor' }),
      startLivekit({ binary, name: 'stage' }),
    ]);
    return new Rooms(
      { ...vendor, pid: vendor.process.pid },
      { ...stage, pid: stage.process.pid },
      async () => {
        await Promise.all([vendor.stop(), stage.stop()]);
      },
    );
  }

  readonly vendor: Server;
  readonly stage: Server;
  readonly #name = `bench-${randomBytes(4).toString('hex')}`;
  readonly #stop: () => Promise<void>;

  private constructor(vendor: Server, stage: Server, stop: () => Promise<void>) {
    this.vendor = vendor;
    this.stage = stage;
    this.#stop = stop;
  }

  /** Processes of servers that run here. */
  get pids(): number[] {
    return [...new Set([this.vendor.pid, this.stage.pid])].filter((pid) => pid !== undefined);
  }

  /** The room of the `index`th source. */
  vendorRoom(index = 0): string {
    return `${this.#name}-vendor-${index}`;
  }

  /** The stages of a run are `<this>-<number>`. */
  stagePrefix(run: number): string {
    return `${this.#name}-stage-${run}`;
  }

  /** May publish and send data; `subscribe` too: a vendor's client. A room that does not exist yet is made as `configuration` says. */
  async publisher(
    server: Server,
    room: string,
    identity: string,
    {
      subscribe = false,
      configuration = {},
    }: { subscribe?: boolean; configuration?: Partial<typeof stageConfiguration> } = {},
  ): Promise<Ticket> {
    const grant = {
      canPublish: true,
      canPublishData: true,
      canSubscribe: subscribe,
      canUpdateOwnMetadata: true,
    };
    return this.#ticket(server, room, identity, grant, new RoomConfiguration(configuration));
  }

  async subscriber(server: Server, room: string, identity: string): Promise<Ticket> {
    return this.#ticket(server, room, identity, { canPublish: false, canSubscribe: true });
  }

  async stop(): Promise<void> {
    await this.#stop();
  }

  async #ticket(
    { url, apiKey, apiSecret }: Server,
    room: string,
    identity: string,
    grant: VideoGrant,
    config?: RoomConfiguration,
  ): Promise<Ticket> {
    const token = new AccessToken(apiKey, apiSecret, { identity, ttl: '12h' });
    token.addGrant({ roomJoin: true, room, ...grant });
    token.roomConfig = config;
    return { url, token: await token.toJwt() };
  }
}
