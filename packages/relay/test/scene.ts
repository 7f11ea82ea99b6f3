import type { MediaRelay, Relay, RelayEvents, RelayMediaKind } from '../src/index.ts';
import { Avatar } from './avatar.ts';
import { Listener } from './listener.ts';
import { Rooms } from './rooms.ts';
import { Viewer } from './viewer.ts';

export type Recorded = { [E in keyof RelayEvents]: RelayEvents[E][0][] };

/** One test's rooms and everybody in them; `[Symbol.asyncDispose]` sends all of them home. */
export class Scene implements AsyncDisposable {
  readonly rooms: Rooms;
  readonly #leave: (() => Promise<void>)[] = [];

  constructor(rooms = new Rooms()) {
    this.rooms = rooms;
  }

  async avatar(codec: 'h264' | 'vp8' = 'h264'): Promise<Avatar> {
    return this.add(await Avatar.join(this.rooms, codec));
  }

  async viewer(identity?: string): Promise<Viewer> {
    return this.add(await Viewer.join(this.rooms, identity));
  }

  async listener(server: 'vendor' | 'stage' = 'stage'): Promise<Listener> {
    return this.add(await Listener.join(this.rooms, server));
  }

  async relay(media: MediaRelay): Promise<{ relay: Relay; events: Recorded }> {
    const relay = await media.start(await this.rooms.relayOptions());
    this.#leave.push(() => relay.close());
    return { relay, events: record(relay) };
  }

  add<T extends { leave(): Promise<void> }>(guest: T): T {
    this.#leave.push(() => guest.leave());
    return guest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const leave of this.#leave.toReversed()) await leave();
  }
}

export function record(relay: Relay): Recorded {
  const events: Recorded = {
    engineChosen: [],
    firstFrame: [],
    mediaStalled: [],
    mediaResumed: [],
    audience: [],
    stageMuted: [],
    data: [],
    stageData: [],
    speaking: [],
    sourceDisconnected: [],
    stageDisconnected: [],
    restarting: [],
    reconnecting: [],
    reconnected: [],
    restarted: [],
    voiceStarted: [],
    voiceEnded: [],
    failed: [],
    closed: [],
  };
  for (const name of Object.keys(events) as (keyof RelayEvents)[])
    relay.on(name, (event) => void events[name].push(event as never));
  return events;
}

/**
 * What stands still, by what was told last. On a busy machine media may have stood still for a moment before
 * a test makes it.
 */
export function stalled(events: Recorded): RelayMediaKind[] {
  const count = (list: { kind: RelayMediaKind }[], kind: RelayMediaKind): number =>
    list.filter((event) => event.kind === kind).length;
  return (['video', 'audio'] as const).filter(
    (kind) => count(events.mediaStalled, kind) > count(events.mediaResumed, kind),
  );
}
