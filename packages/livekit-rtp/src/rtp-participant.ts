import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { DataPacket, DataPacket_Kind, UserPacket } from '@livekit/protocol';
import { checkBindAddress } from './bind-address.ts';
import { withDeadline } from './deadline.ts';
import { CancelledError, RetryableError } from './errors.ts';
import type { RtpParticipantEvents } from './events.ts';
import type { PublishedTrack } from './published-track.ts';
import { Session } from './session.ts';
import { textStreamPackets } from './text-stream.ts';
import { throwUncaught } from './uncaught.ts';
import type { PublishOptions, RemoteParticipant, RtpParticipantOptions, SendDataOptions, SendTextOptions } from './types.ts';

export type Listeners = { [E in keyof RtpParticipantEvents]?: (...args: RtpParticipantEvents[E]) => void };

const CONNECT_TIMEOUT = 10_000;
const PUBLISH_TIMEOUT = 10_000;
const ATTRIBUTES_TIMEOUT = 5_000;

/**
 * A participant of a LiveKit room that handles RTP packets, not frames. Made by `connect`, alive until `disconnected`, which comes exactly
 * once, whoever ended it. After that its calls reject: with CancelledError after close(), otherwise with the error of what happened.
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
    const timeout = options.connectTimeout ?? CONNECT_TIMEOUT;
    if (options.signal?.aborted) throw new CancelledError('joining the room was cancelled', { cause: options.signal.reason });
    if (options.bindAddress !== undefined) await checkBindAddress(options.bindAddress);
    const participant = new RtpParticipant(options);
    try {
      await withDeadline({ what: 'joining the room', timeout, signals: [options.signal] }, () => participant.#session.ready);
      participant.#connected = true;
      return participant;
    } catch (error) {
      const joined = participant.#session.join !== undefined;
      participant.removeAllListeners();
      await participant.#session.close('client', 'connecting failed');
      if (!joined || !(error instanceof RetryableError) || error.code !== 'timeout') throw error;
      throw new RetryableError('ice-failed', `joined, but no path for media was found within ${timeout} ms`, { cause: error });
    }
  }

  readonly #session: Session;
  #connected = false;
  #closing: Promise<void> | undefined;

  private constructor(options: RtpParticipantOptions & { listeners?: Listeners }) {
    super();
    const listeners = options.listeners ?? {};
    for (const name of Object.keys(listeners) as (keyof RtpParticipantEvents)[]) {
      const listener = listeners[name];
      if (listener !== undefined) this.on(name, listener);
    }
    this.#session = new Session(options, {
      emit: (event, ...args) => this.#emitSafely(event, ...args),
      onEnd: (reason, detail) => {
        if (this.#connected) this.#emitSafely('disconnected', { reason, ...(detail === undefined ? {} : { detail }) });
      },
    });
  }

  /** The server's id of this participation (`PA_…`). */
  get sid(): string {
    return this.#session.own?.sid ?? '';
  }

  get identity(): string {
    return this.#session.own?.identity ?? '';
  }

  get room(): { readonly name: string; readonly sid: string } {
    const room = this.#session.join?.room;
    return { name: room?.name ?? '', sid: room?.sid ?? '' };
  }

  /** Our own attributes as the server has them. */
  get attributes(): Readonly<Record<string, string>> {
    return this.#session.own?.attributes ?? {};
  }

  /** A token for another join: the server refreshes the one that was given as long as the connection lasts. */
  get token(): string {
    return this.#session.token;
  }

  /** By identity; the entries are snapshots that are replaced on each change. */
  get remoteParticipants(): ReadonlyMap<string, RemoteParticipant> {
    return this.#session.roster.participants;
  }

  /** Publishes a track; resolves when packets can be sent. TerminalError: no permission, or a codec the server does not take. */
  async publishTrack(options: PublishOptions): Promise<PublishedTrack> {
    return this.#call('publishing', PUBLISH_TIMEOUT, options.signal, (signal) => this.#session.publisher.publish(options, signal));
  }

  /** Sends a data packet; resolves when it is queued. Waits while too much is queued (reliable) or drops it (not reliable). */
  async sendData(payload: Uint8Array, options: SendDataOptions = {}): Promise<void> {
    const destinationIdentities = options.destinationIdentities ?? [];
    const reliable = options.reliable ?? true;
    const packet = new DataPacket({
      kind: reliable ? DataPacket_Kind.RELIABLE : DataPacket_Kind.LOSSY,
      destinationIdentities,
      value: { case: 'user', value: new UserPacket({ payload, topic: options.topic, destinationIdentities }) },
    });
    const { publisher, lifetime } = this.#session;
    await (reliable ? publisher.reliable : publisher.lossy).send(packet, lifetime.signal);
  }

  /** Sends a text as a LiveKit text stream, which clients get by `registerTextStreamHandler(topic)`. Resolves when all of it is queued. */
  async sendText(text: string, options: SendTextOptions): Promise<void> {
    const { publisher, lifetime } = this.#session;
    const packets = textStreamPackets(text, {
      streamId: options.streamId ?? randomUUID(),
      topic: options.topic,
      attributes: options.attributes ?? {},
      destinationIdentities: options.destinationIdentities ?? [],
      timestamp: Date.now(),
    });
    for (const packet of packets) await publisher.reliable.send(packet, lifetime.signal);
  }

  /** Sets attributes of ours; others stay, an empty value removes one. The token must allow `canUpdateOwnMetadata`. */
  async setAttributes(attributes: Record<string, string>): Promise<void> {
    await this.#call('setting attributes', ATTRIBUTES_TIMEOUT, undefined, (signal) => this.#session.updateAttributes(attributes, signal));
  }

  /** Leaves the room and lets go of everything; resolves when that is done. Idempotent; `reason` is the `detail` of `disconnected`. */
  async close(reason?: string): Promise<void> {
    this.#closing ??= this.#session.close('client', reason).then(() => undefined);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #call<T>(what: string, timeout: number, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline({ what, timeout, signals: [this.#session.lifetime.signal, signal] }, work);
  }

  #emitSafely<E extends keyof RtpParticipantEvents>(event: E, ...args: RtpParticipantEvents[E]): void {
    try {
      this.emit(event, ...(args as never));
    } catch (error) {
      throwUncaught(error);
    }
  }
}
