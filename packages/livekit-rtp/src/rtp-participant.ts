import { randomInt, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { DataPacket, DataPacket_Kind, UserPacket } from '@livekit/protocol';
import { checkPublishOptions } from './add-track.ts';
import { checkBindAddress } from './bind-address.ts';
import { withDeadline } from './deadline.ts';
import { CancelledError } from './errors.ts';
import type { RtpParticipantEvents } from './events.ts';
import { Membership } from './membership.ts';
import { PublishedTrack } from './published-track.ts';
import type { Session } from './session.ts';
import { textStreamPackets } from './text-stream.ts';
import { throwUncaught } from './uncaught.ts';
import type {
  PublishOptions,
  RemoteParticipant,
  RtpParticipantOptions,
  SendDataOptions,
  SendTextOptions,
} from './types.ts';

type Work<T> = (session: Session, signal: AbortSignal) => Promise<T>;

export type Listeners = { [E in keyof RtpParticipantEvents]?: (...args: RtpParticipantEvents[E]) => void };

const PUBLISH_TIMEOUT = 10_000;
const ATTRIBUTES_TIMEOUT = 5_000;
/** For data and texts, which wait for nothing but the end of an outage and room in the channel. */
const OUTAGE_PATIENCE = 10_000;

/**
 * A participant of a LiveKit room that handles RTP packets, not frames. Made by `connect`, alive until `disconnected`, which comes exactly
 * once, whoever ended it. After that its calls reject: with CancelledError after close(), otherwise with the error of what happened.
 *
 * A room that is lost in between is joined again (`reconnecting`, `reconnected`). Calls in such an outage wait for its end, each up to
 * its own timeout (data and texts 10 s); a call that is under way when the room is lost fails with RetryableError.
 *
 * An exception in a listener or in `onPacket`/`onRtcp` does not disturb the connection: it is thrown again as an uncaught exception.
 */
export class RtpParticipant extends EventEmitter<RtpParticipantEvents> {
  /**
   * Joins a room; resolves when the peer connections are up. `listeners` are there before the first message is looked at: they also
   * hear of the participants and tracks that are in the room already.
   *
   * Rejects with TerminalError (bad url, refused token), RetryableError (server away, no ICE path, timeout) or CancelledError, and then
   * leaves nothing behind and emits nothing.
   */
  static async connect(options: RtpParticipantOptions & { listeners?: Listeners }): Promise<RtpParticipant> {
    if (options.signal?.aborted)
      throw new CancelledError('joining the room was cancelled', { cause: options.signal.reason });
    if (options.bindAddress !== undefined) await checkBindAddress(options.bindAddress);
    const participant = new RtpParticipant(options);
    try {
      await participant.#membership.join();
      return participant;
    } catch (error) {
      participant.removeAllListeners();
      throw error;
    }
  }

  readonly #membership: Membership;
  #closing: Promise<void> | undefined;

  private constructor(options: RtpParticipantOptions & { listeners?: Listeners }) {
    super();
    const listeners = options.listeners ?? {};
    for (const name of Object.keys(listeners) as (keyof RtpParticipantEvents)[]) {
      const listener = listeners[name];
      if (listener !== undefined) this.on(name, listener);
    }
    this.#membership = new Membership(options, (event, ...args) => this.#emitSafely(event, ...args));
  }

  /** The server's id of this participation (`PA_…`): another one after each outage. */
  get sid(): string {
    return this.#membership.current.own?.sid ?? '';
  }

  get identity(): string {
    return this.#membership.current.own?.identity ?? '';
  }

  get room(): { readonly name: string; readonly sid: string } {
    const room = this.#membership.current.join?.room;
    return { name: room?.name ?? '', sid: room?.sid ?? '' };
  }

  /** Our own attributes as the server has them. */
  get attributes(): Readonly<Record<string, string>> {
    return this.#membership.current.own?.attributes ?? {};
  }

  /** A token for another join: the server refreshes the one that was given as long as the connection lasts. */
  get token(): string {
    return this.#membership.token;
  }

  /** By identity; the entries are snapshots that are replaced on each change. In an outage, who was there at its begin. */
  get remoteParticipants(): ReadonlyMap<string, RemoteParticipant> {
    return this.#membership.roster.participants;
  }

  /** Publishes a track; resolves when packets can be sent. TerminalError: no permission, or a codec the server does not take. */
  async publishTrack(options: PublishOptions): Promise<PublishedTrack> {
    checkPublishOptions(options);
    const { published } = this.#membership;
    const track = new PublishedTrack(options, randomInt(1, 2 ** 32), () => published.delete(track));
    try {
      await this.#call('publishing', PUBLISH_TIMEOUT, options.signal, async (session, signal) => {
        published.add(track);
        await session.publisher.publish(track, signal);
      });
      return track;
    } catch (error) {
      track.release();
      throw error;
    }
  }

  /**
   * Sends a data packet; resolves when it is queued. Waits while too much is queued and in an outage (reliable) or drops it (not reliable).
   * TerminalError: no permission, or too large. The first one waits for the publisher connection, if nothing was published yet.
   */
  async sendData(payload: Uint8Array, options: SendDataOptions = {}): Promise<void> {
    const destinationIdentities = options.destinationIdentities ?? [];
    const reliable = options.reliable ?? true;
    const packet = new DataPacket({
      kind: reliable ? DataPacket_Kind.RELIABLE : DataPacket_Kind.LOSSY,
      destinationIdentities,
      value: {
        case: 'user',
        value: new UserPacket({ payload, topic: options.topic, destinationIdentities }),
      },
    });
    const session =
      this.#membership.session ??
      (reliable ? await this.#rejoined('sending data', OUTAGE_PATIENCE) : undefined);
    if (session === undefined) return;
    await session.outgoingChannel({ reliable }).send(packet, session.lifetime.signal);
  }

  /** Sends a text as a LiveKit text stream, which clients get by `registerTextStreamHandler(topic)`. Resolves when all of it is queued. */
  async sendText(text: string, options: SendTextOptions): Promise<void> {
    const session = this.#membership.session ?? (await this.#rejoined('sending a text', OUTAGE_PATIENCE));
    const channel = session.outgoingChannel({ reliable: true });
    const packets = textStreamPackets(text, {
      streamId: options.streamId ?? randomUUID(),
      topic: options.topic,
      attributes: options.attributes ?? {},
      destinationIdentities: options.destinationIdentities ?? [],
      timestamp: Date.now(),
    });
    for (const packet of packets) await channel.send(packet, session.lifetime.signal);
  }

  /** Sets attributes of ours; others stay, an empty value removes one. The token must allow `canUpdateOwnMetadata`. */
  async setAttributes(attributes: Record<string, string>): Promise<void> {
    await this.#call('setting attributes', ATTRIBUTES_TIMEOUT, undefined, async (session, signal) => {
      await session.updateAttributes(attributes, signal);
      Object.assign(this.#membership.attributes, attributes);
    });
  }

  /** Leaves the room and lets go of everything; resolves when that is done. Idempotent; `reason` is the `detail` of `disconnected`. */
  async close(reason?: string): Promise<void> {
    this.#closing ??= this.#membership.close(reason);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #call<T>(what: string, timeout: number, signal: AbortSignal | undefined, work: Work<T>): Promise<T> {
    const startedAt = performance.now();
    const session = this.#membership.session ?? (await this.#rejoined(what, timeout, signal));
    const left = timeout - (performance.now() - startedAt);
    return withDeadline({ what, timeout: left, signals: [session.lifetime.signal, signal] }, (aborted) =>
      work(session, aborted),
    );
  }

  #rejoined(what: string, timeout: number, signal?: AbortSignal): Promise<Session> {
    const { lifetime } = this.#membership;
    return withDeadline({ what, timeout, signals: [lifetime.signal, signal] }, (aborted) =>
      this.#membership.rejoined(aborted),
    );
  }

  #emitSafely<E extends keyof RtpParticipantEvents>(event: E, ...args: RtpParticipantEvents[E]): void {
    try {
      this.emit(event, ...(args as never));
    } catch (error) {
      throwUncaught(error);
    }
  }
}
