import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../packages/livekit-rtp/src/index.ts';
import { stageConfiguration } from '../../packages/contracts/src/index.ts';
import { createMediaRelay } from '../../packages/relay/src/index.ts';
import type { Relay, RelayStats } from '../../packages/relay/src/index.ts';
import { dispose } from '@livekit/rtc-node';
import { RtcViewer } from '../../test/setup/rtc-viewer.ts';
import { startChild } from '../relay/child.ts';
import { AVATAR, Rooms } from '../relay/rooms.ts';
import type { AvatarsRequest } from './avatars.ts';
import { BrowserViewers } from './browser.ts';
import type { Look } from './browser.ts';
import { SenderClock } from './sender-clock.ts';

export const codecs = ['h264', 'vp8'] as const;
export type Codec = (typeof codecs)[number];

const AVATARS_TIMEOUT = 60_000;
const PICTURE_TIMEOUT = 30_000;

const quiet = (): void => {};
const tell = (fields: object, message: string): void =>
  void process.stderr.write(`  relay: ${message} ${JSON.stringify(fields)}\n`);
const logger: Logger = { debug: quiet, info: quiet, warn: tell, error: tell };

/** One stage with its relay and its viewers. */
export type Stage = {
  codec: Codec;
  look(): Promise<Look>;
  rtc: RtcViewer;
  clock: SenderClock;
  stats(): Promise<RelayStats>;
};

/** Avatars, relays and viewers of each codec. Whatever of it ends by itself is in `failures`. */
export class Scene implements AsyncDisposable {
  static async set(
    chosen: readonly Codec[],
    options: { unsynced: boolean; signal: AbortSignal },
  ): Promise<Scene> {
    const scene = new Scene();
    try {
      await scene.#open(chosen, options);
      return scene;
    } catch (error) {
      await scene[Symbol.asyncDispose]();
      throw error;
    }
  }

  readonly stages: Stage[] = [];
  readonly failures: string[] = [];
  readonly #resources = new AsyncDisposableStack();

  private constructor() {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  async #open(
    chosen: readonly Codec[],
    { unsynced, signal }: { unsynced: boolean; signal: AbortSignal },
  ): Promise<void> {
    const resources = this.#resources;
    // Last of all: without it the threads of LiveKit's SDK keep this process alive.
    resources.defer(() => dispose());
    const rooms = resources.adopt(await Rooms.open(), (one) => one.stop());
    signal.throwIfAborted();
    const avatars = resources.adopt(startChild<AvatarsRequest, object>('../viewers/avatars.ts'), (child) =>
      child.stop(),
    );
    const tickets = chosen.map(async (codec, index) => ({
      ticket: await rooms.publisher(rooms.vendor, rooms.vendorRoom(index), AVATAR),
      videoEncoding: codec === 'h264' ? ('H264' as const) : ('VP8' as const),
    }));
    await avatars.ask({ tickets: await Promise.all(tickets) }, AVATARS_TIMEOUT);
    const media = resources.use(createMediaRelay({ engine: 'rtp', logger }));
    const browser = resources.use(await BrowserViewers.open());
    for (const [index, codec] of chosen.entries()) {
      signal.throwIfAborted();
      const room = `${rooms.stagePrefix(0)}-${index}`;
      const source = await rooms.publisher(rooms.vendor, rooms.vendorRoom(index), 'client', {
        subscribe: true,
      });
      const stage = await rooms.publisher(rooms.stage, room, AVATAR, {
        configuration: { ...stageConfiguration, syncStreams: !unsynced },
      });
      const relay = await media.start(
        { id: codec, source: { kind: 'room', ...source, avatarIdentity: AVATAR }, stage },
        signal,
      );
      this.#watch(codec, relay);
      await browser.join(codec, await rooms.subscriber(rooms.stage, room, 'chromium'));
      const { url, token } = await rooms.subscriber(rooms.stage, room, 'rtc-node');
      const rtc = resources.use(await RtcViewer.join(url, token));
      const clock = resources.use(await SenderClock.join(await rooms.subscriber(rooms.stage, room, 'clock')));
      this.stages.push({ codec, rtc, clock, look: () => browser.look(codec), stats: () => relay.stats() });
    }
    await Promise.all(this.stages.map((stage) => untilSeen(stage, signal)));
  }

  #watch(codec: Codec, relay: Relay): void {
    relay.on(
      'mediaStalled',
      ({ kind, sinceMs }) =>
        void this.failures.push(`${codec}: ${kind} stalled for ${Math.round(sinceMs)} ms`),
    );
    relay.on(
      'sourceDisconnected',
      ({ reason }) => void this.failures.push(`${codec}: the relay lost the avatar's room: ${reason}`),
    );
    relay.on('failed', ({ message }) => void this.failures.push(`${codec}: the relay failed: ${message}`));
  }
}

async function untilSeen(stage: Stage, signal: AbortSignal): Promise<void> {
  const until = performance.now() + PICTURE_TIMEOUT;
  while ((await stage.look()).framesDecoded === 0 || stage.rtc.frames.length === 0) {
    if (performance.now() > until)
      throw new Error(`${stage.codec}: no picture within ${PICTURE_TIMEOUT / 1000} s`);
    await delay(100, undefined, { signal });
  }
}
