import { ResponseMessage } from '@avatar-bridge/heygen-client/liveavatar';
import { Room, RoomEvent, TrackKind, type DisconnectReason } from '@livekit/rtc-node';
import { vi } from 'vitest';
import type { Started } from './live-double.ts';

export type Event = ResponseMessage & { text?: string };

/** A client of another make, in the room of a FULL session with the token that was handed out. */
export class RoomGuest implements AsyncDisposable {
  readonly room = new Room();
  readonly events: Event[] = [];
  readonly senders = new Set<string | undefined>();
  readonly tracks: { identity: string; kind: TrackKind }[] = [];
  readonly left: Promise<DisconnectReason>;

  private constructor() {
    this.left = new Promise((resolve) => this.room.once(RoomEvent.Disconnected, resolve));
    this.room.on(RoomEvent.TrackSubscribed, (track, _, { identity }) =>
      this.tracks.push({ identity, kind: track.kind ?? TrackKind.KIND_UNKNOWN }),
    );
    this.room.on(RoomEvent.DataReceived, (payload, participant, _, topic) => {
      if (topic !== 'agent-response') throw new Error(`Data of the topic ${topic}`);
      this.senders.add(participant?.identity);
      this.events.push(ResponseMessage.parse(JSON.parse(new TextDecoder().decode(payload))));
    });
  }

  static async join({ livekit_url: url, livekit_client_token: token }: Started): Promise<RoomGuest> {
    const guest = new RoomGuest();
    await guest.room.connect(url, token, { autoSubscribe: true, dynacast: false });
    return guest;
  }

  get types(): string[] {
    return this.events.map(({ event_type: type }) => type);
  }

  async send(message: object | string, topic = 'agent-control'): Promise<void> {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    await this.room.localParticipant!.publishData(new TextEncoder().encode(text), { reliable: true, topic });
  }

  /** The `count`th event of a type. */
  async until(type: Event['event_type'], count = 1): Promise<Event> {
    const of = (): Event[] => this.events.filter((event) => event.event_type === type);
    await vi.waitUntil(() => of().length >= count, { timeout: 15_000, interval: 10 });
    return of()[count - 1]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.room.disconnect();
  }
}
