import {
  SignalTarget,
  type JoinResponse,
  type SessionDescription,
  type TrickleRequest,
} from '@livekit/protocol';
import { LiveKitRtpError, RetryableError } from './errors.ts';
import { iceServersFrom } from './ice-servers.ts';
import type { NativeChannel, NativeIceServer, PeerState } from './native-peer.ts';
import { Publisher } from './publisher.ts';
import type { ClientMessage } from './signal-connection.ts';
import type { SubscribedTrack } from './subscribed-track.ts';
import { Subscriber, type SubscriberOptions } from './subscriber.ts';
import { candidateFrom } from './trickle.ts';
import type { Logger } from './types.ts';

type Facts = Pick<JoinResponse, 'iceServers' | 'subscriberPrimary' | 'participant'>;

export type PeerConnectionsOptions = Pick<
  SubscriberOptions,
  'onSubscribed' | 'onUnsubscribed' | 'publisherOf'
> & {
  join: Facts;
  bindAddress: string | undefined;
  logger: Logger | undefined;
  send(message: ClientMessage): void;
  /** A channel on which the server sends data. */
  onIncomingChannel(channel: NativeChannel): void;
  /** Media and data can flow. */
  onReady(): void;
  /** A connection is of no use any more; why, the server may be about to say. */
  onLost(detail: string): void;
  /** An offer, ours or the server's, could not be answered. */
  onRefused(error: LiveKitRtpError): void;
};

/**
 * The two peer connections of a session, each made when it is needed: the subscriber's with the server's first offer, the publisher's
 * when something is published or sent. The join response says which of them is the primary one, which is there in any case: on it the
 * server's data comes, and with its data channels the session is ready.
 */
export class PeerConnections {
  readonly #options: PeerConnectionsOptions;
  readonly #iceServers: NativeIceServer[];
  #publisher: Publisher | undefined;
  #subscriber: Subscriber | undefined;

  constructor(options: PeerConnectionsOptions) {
    this.#options = options;
    this.#iceServers = iceServersFrom(options.join.iceServers);
  }

  /** Makes the primary connection, if it is for us to begin. */
  start(): void {
    if (!this.#options.join.subscriberPrimary)
      void this.publisher().reliable.opened.then(() => this.#options.onReady());
  }

  publisher(): Publisher {
    this.#publisher ??= this.#publish();
    return this.#publisher;
  }

  /** Undefined as long as nothing had to be sent. */
  get publishing(): Publisher | undefined {
    return this.#publisher;
  }

  /** The tracks that are subscribed now. */
  get subscribed(): SubscribedTrack[] {
    return this.#subscriber?.tracks ?? [];
  }

  onOffer(offer: SessionDescription): void {
    try {
      this.#subscriberOrNew().onOffer(offer);
    } catch (error) {
      this.#options.logger?.warn({ err: error }, 'offer could not be answered');
      this.#options.onRefused(
        new RetryableError('ice-failed', 'an offer could not be answered', { cause: error }),
      );
    }
  }

  onTrickle(trickle: TrickleRequest): void {
    const candidate = candidateFrom(trickle);
    if (candidate === undefined) return;
    const peer = trickle.target === SignalTarget.PUBLISHER ? this.#publisher : this.#subscriberOrNew();
    try {
      peer?.addCandidate(candidate.candidate, candidate.mid);
    } catch (error) {
      this.#options.logger?.debug({ err: error }, 'ICE candidate not taken');
    }
  }

  /** Looks again at what is subscribed: to be called after each participant update. */
  refresh(): void {
    this.#subscriber?.refresh();
  }

  /** Resolves when the native side has let go of both. */
  async close(reason: LiveKitRtpError): Promise<void> {
    const publisherClosed = this.#publisher?.close(reason);
    await this.#subscriber?.close();
    await publisherClosed;
  }

  #publish(): Publisher {
    const { join } = this.#options;
    const publisher = new Publisher({
      ...this.#common('publisher'),
      cname: join.participant?.sid ?? 'livekit-rtp',
    });
    if (!join.subscriberPrimary)
      for (const { native } of [publisher.reliable, publisher.lossy]) this.#options.onIncomingChannel(native);
    publisher.start().catch((error: unknown) => {
      if (error instanceof LiveKitRtpError) this.#options.onRefused(error);
    });
    return publisher;
  }

  #subscriberOrNew(): Subscriber {
    const options = this.#options;
    this.#subscriber ??= new Subscriber({
      ...this.#common('subscriber'),
      onChannel: (channel) => {
        options.onIncomingChannel(channel);
        if (options.join.subscriberPrimary && channel.getLabel() === '_reliable') options.onReady();
      },
      onSubscribed: (track) => options.onSubscribed(track),
      onUnsubscribed: (track) => options.onUnsubscribed(track),
      publisherOf: (trackSid) => options.publisherOf(trackSid),
    });
    return this.#subscriber;
  }

  #common(name: 'publisher' | 'subscriber') {
    const { bindAddress, logger } = this.#options;
    return {
      iceServers: this.#iceServers,
      bindAddress,
      logger,
      send: (message: ClientMessage) => this.#options.send(message),
      onState: (state: PeerState) => {
        logger?.debug({ connection: name, state }, 'peer connection changed state');
        if (state === 'failed' || state === 'closed') this.#options.onLost(`the ${name} connection ${state}`);
      },
    };
  }
}
