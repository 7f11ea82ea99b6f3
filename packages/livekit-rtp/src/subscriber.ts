import { SessionDescription, SignalTarget, UpdateTrackSettings, VideoQuality } from '@livekit/protocol';
import {
  NativePeer,
  type NativeChannel,
  type NativeIceServer,
  type NativeTrack,
  type PeerState,
} from './native-peer.ts';
import { asSending, finishAnswer, mediaSections, type MediaSection } from './sdp.ts';
import type { ClientMessage } from './signal-connection.ts';
import { SubscribedTrack } from './subscribed-track.ts';
import { trickleMessage } from './trickle.ts';
import type { Logger, RemoteTrackInfo } from './types.ts';
import { throwUncaught } from './uncaught.ts';

export type SubscriberOptions = {
  iceServers: NativeIceServer[];
  bindAddress?: string;
  logger?: Logger;
  send(message: ClientMessage): void;
  onState(state: PeerState): void;
  onChannel(channel: NativeChannel): void;
  onSubscribed(track: SubscribedTrack): void;
  onUnsubscribed(track: SubscribedTrack): void;
  /** Who publishes a track now; undefined while no participant update has named it, and after it is gone. */
  publisherOf(trackSid: string): { identity: string; track: RemoteTrackInfo } | undefined;
};

/** An m-line. Its native track stays for the life of the connection; which of the room's tracks it carries can change. */
type Leg = {
  native?: NativeTrack;
  section?: MediaSection;
  track: SubscribedTrack | null;
  delivering: boolean;
};

/**
 * The connection on which the room's tracks come: the server offers, we answer. A track is announced when three things are there, in
 * whatever order they come: the m-line with its track id (msid), the native track of that m-line, and the participant update that
 * says whose it is. It ends when the m-line stops sending or carries another id, or when its publisher takes it back.
 */
export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #peer: NativePeer;
  readonly #legs = new Map<string, Leg>();

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#peer = new NativePeer(
      { name: 'subscriber', iceServers: options.iceServers, bindAddress: options.bindAddress },
      {
        onState: (state) => options.onState(state),
        onCandidate: (candidate, mid) =>
          options.send(trickleMessage(candidate, mid, SignalTarget.SUBSCRIBER)),
        onTrack: (native) => this.#onNativeTrack(native),
        onChannel: (channel) => options.onChannel(channel),
      },
    );
  }

  /** Answers an offer. The native calls are synchronous, so one offer is answered before the next message is looked at. */
  onOffer(offer: SessionDescription): void {
    const sdp = finishAnswer(this.#peer.answer(asSending(offer.sdp)), offer.sdp);
    this.#options.send({
      case: 'answer',
      value: new SessionDescription({ type: 'answer', sdp, id: offer.id }),
    });
    const answered = new Map(mediaSections(sdp).map((section) => [section.mid, section]));
    for (const section of mediaSections(offer.sdp)) {
      const leg = this.#leg(section.mid);
      leg.section = { ...section, codecs: answered.get(section.mid)?.codecs ?? [] };
      this.#bind(leg);
    }
  }

  addCandidate(candidate: string, mid: string): void {
    this.#peer.addCandidate(candidate, mid);
  }

  /** Looks again at what is subscribed: to be called after each participant update. */
  refresh(): void {
    for (const leg of this.#legs.values()) this.#bind(leg);
  }

  /** The tracks that are subscribed now. */
  get tracks(): SubscribedTrack[] {
    return [...this.#legs.values()].flatMap(({ track }) => track ?? []);
  }

  /** Ends all tracks and the connection. What the native side has queued for them is not delivered any more. */
  close(): Promise<void> {
    for (const leg of this.#legs.values()) {
      leg.track?.release();
      leg.track = null;
    }
    this.#legs.clear();
    return this.#peer.close();
  }

  #leg(mid: string): Leg {
    let leg = this.#legs.get(mid);
    if (leg === undefined) {
      leg = { track: null, delivering: false };
      this.#legs.set(mid, leg);
    }
    return leg;
  }

  #onNativeTrack(native: NativeTrack): void {
    const leg = this.#leg(native.mid());
    leg.native = native;
    this.#bind(leg);
  }

  #bind(leg: Leg): void {
    const { native, section } = leg;
    if (native === undefined || section === undefined) return;
    const trackSid = section.sends ? section.trackId : undefined;
    const publisher = trackSid === undefined ? undefined : this.#options.publisherOf(trackSid);
    if (leg.track !== null && (leg.track.sid !== trackSid || publisher === undefined)) this.#unbind(leg);
    if (leg.track !== null || trackSid === undefined || publisher === undefined) return;
    leg.track = new SubscribedTrack(
      {
        sid: trackSid,
        mid: section.mid,
        kind: section.kind,
        participantIdentity: publisher.identity,
        codecs: section.codecs,
      },
      publisher.track,
      {
        info: () => this.#options.publisherOf(trackSid)?.track,
        sendRtcp: (packet) => sendOn(native, packet),
        setEnabled: (enabled) =>
          this.#options.send({
            case: 'trackSetting',
            value: new UpdateTrackSettings({
              trackSids: [trackSid],
              disabled: !enabled,
              quality: VideoQuality.HIGH,
            }),
          }),
      },
    );
    this.#options.onSubscribed(leg.track);
    // Only now: until there is a callback the native track keeps what comes, so the listener above can set `onPacket` in time.
    if (!leg.delivering) this.#deliver(leg, native);
  }

  #deliver(leg: Leg, native: NativeTrack): void {
    leg.delivering = true;
    native.onMessage(
      // Not `guarded`, which makes an array of the arguments of each call.
      (packet: Buffer) => {
        const onPacket = leg.track === null ? null : leg.track.onPacket;
        if (onPacket === null) return;
        try {
          onPacket(packet);
        } catch (error) {
          throwUncaught(error);
        }
      },
    );
  }

  #unbind(leg: Leg): void {
    const { track } = leg;
    if (track === null) return;
    leg.track = null;
    track.release();
    this.#options.onUnsubscribed(track);
  }
}

function sendOn(native: NativeTrack, packet: Buffer): boolean {
  try {
    return native.sendMessageBinary(packet);
  } catch {
    return false;
  }
}
