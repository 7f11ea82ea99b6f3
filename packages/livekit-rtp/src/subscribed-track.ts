import type { Codec, MediaKind, RemoteTrackInfo } from './types.ts';

/** What a SubscribedTrack asks of the connection it belongs to. */
export type SubscribedTrackHooks = {
  info(): RemoteTrackInfo | undefined;
  sendRtcp(packet: Buffer): boolean;
  setEnabled(enabled: boolean): void;
};

export type SubscribedTrackFacts = {
  sid: string;
  mid: string;
  kind: MediaKind;
  participantIdentity: string;
  codecs: Codec[];
};

/**
 * Somebody's track that the server sends to us. It stands for one track id: when its publisher leaves and comes back, that is another
 * SubscribedTrack, even on the same m-line.
 */
export class SubscribedTrack {
  readonly sid: string;
  readonly mid: string;
  readonly kind: MediaKind;
  readonly participantIdentity: string;
  /** What was negotiated on this m-line, with rtx (`fmtp: "apt=…"`). RED is never accepted. */
  readonly codecs: Codec[];
  /**
   * RTP and RTCP as they come, one call a packet. The buffer belongs to the receiver, who may change it in place. A compound RTCP packet
   * can hold parts about other tracks of the same connection: look at the SSRC of each part.
   */
  onPacket: ((packet: Buffer) => void) | null = null;
  readonly #hooks: SubscribedTrackHooks;
  #info: RemoteTrackInfo;
  #closed = false;

  constructor(facts: SubscribedTrackFacts, info: RemoteTrackInfo, hooks: SubscribedTrackHooks) {
    this.sid = facts.sid;
    this.mid = facts.mid;
    this.kind = facts.kind;
    this.participantIdentity = facts.participantIdentity;
    this.codecs = facts.codecs;
    this.#info = info;
    this.#hooks = hooks;
  }

  /** The newest the server said about the track; its last state after the track is gone. */
  get info(): RemoteTrackInfo {
    if (!this.#closed) this.#info = this.#hooks.info() ?? this.#info;
    return this.#info;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends RTCP (PLI, NACK, RR, REMB …) to the server. False: the transport is not open; the packet is dropped. */
  sendRtcp(packet: Buffer): boolean {
    return !this.#closed && this.#hooks.sendRtcp(packet);
  }

  /** Asks the server to pause (false) or resume (true) sending. */
  setEnabled(enabled: boolean): void {
    if (!this.#closed) this.#hooks.setEnabled(enabled);
  }

  /** @internal The track is gone; no packet is delivered any more. */
  release(): void {
    this.#info = this.info;
    this.#closed = true;
  }
}
