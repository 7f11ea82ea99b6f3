import { Audio, PeerConnection, Video, type DataChannel, type IceServer, type Track } from 'node-datachannel';
import { AUDIO_LEVEL_URI } from './sdp.ts';
import type { Codec, MediaKind } from './types.ts';
import { throwUncaught } from './uncaught.ts';

export type NativeTrack = Track;
export type NativeChannel = DataChannel;
export type NativeIceServer = IceServer;
export type PeerState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

export type NativePeerOptions = { name: string; iceServers: NativeIceServer[]; bindAddress?: string };

export type NativePeerCallbacks = {
  onState(state: PeerState): void;
  /** A local ICE candidate to send to the server. */
  onCandidate(candidate: string, mid: string): void;
  /** The remote description brought an m-line that was not there before. */
  onTrack?(track: NativeTrack): void;
  onChannel?(channel: NativeChannel): void;
};

export type OutgoingMedia = {
  mid: string;
  kind: MediaKind;
  /** What is offered, the preferred one first. */
  codecs: readonly Codec[];
  ssrc: number;
  cname: string;
  stream: string;
  trackId: string;
  stereo: boolean;
};

/** ms until close() stops waiting for the native side, and until it is taken for certain that nothing comes from there any more. */
const CLOSE_PATIENCE = 2_000;
const FORGET_AFTER = 30_000;
/** ms from an object's `closed` until its other callbacks are let go of: a native thread can be in the middle of one, and they are not locked. */
const CALLBACKS_KEPT = 250;

/**
 * Everything of the native library that still has callbacks to make. Its objects are collected like any other once JavaScript drops the
 * last reference: a collected PeerConnection closes in the middle of a call, and a closing one would call back into freed memory. So
 * each is held here until it has said `closed`.
 */
const held = new Set<object>();

/**
 * A PeerConnection of node-datachannel, with its traps behind one door: strong references, a `closed` callback on every object (without
 * one its thread-safe function keeps the process alive), no local description in a state where the native code would throw through
 * Node, candidates kept until the remote description is there.
 */
export class NativePeer {
  readonly #peer: PeerConnection;
  readonly #onCandidate: (candidate: string, mid: string) => void;
  readonly #localCandidates: { candidate: string; mid: string }[] = [];
  readonly #remoteCandidates: { candidate: string; mid: string }[] = [];
  readonly #children = new Set<NativeTrack | NativeChannel>();
  readonly #released = Promise.withResolvers<void>();
  #patience: NodeJS.Timeout | undefined;
  #hasRemote = false;
  #closing = false;
  #peerGone = false;
  #state: PeerState = 'new';

  constructor(options: NativePeerOptions, callbacks: NativePeerCallbacks) {
    this.#peer = new PeerConnection(options.name, {
      iceServers: options.iceServers,
      ...(options.bindAddress === undefined ? {} : { bindAddress: options.bindAddress }),
      disableAutoNegotiation: true,
      // LiveKit's first description has data channels only; without this, media that is added later is negotiated but never arrives.
      forceMediaTransport: true,
    });
    held.add(this.#peer);
    this.#peer.onStateChange(
      guarded((state: string) => {
        if (state === 'closed') {
          this.#peerGone = true;
          held.delete(this.#peer);
          this.#settle();
        }
        if (this.#closing) return;
        this.#state = state as PeerState;
        callbacks.onState(this.#state);
      }),
    );
    this.#onCandidate = (candidate, mid) => callbacks.onCandidate(candidate, mid);
    this.#peer.onLocalCandidate(
      guarded((candidate: string, mid: string) => {
        if (this.#closing) return;
        if (this.#hasRemote) this.#onCandidate(candidate, mid);
        else this.#localCandidates.push({ candidate, mid });
      }),
    );
    // Where nothing is to come, nothing listens: each native callback costs the event loop a look at every wake-up.
    if (callbacks.onTrack !== undefined)
      this.#peer.onTrack(this.#adopting((track: NativeTrack) => callbacks.onTrack?.(track)));
    if (callbacks.onChannel !== undefined)
      this.#peer.onDataChannel(this.#adopting((channel: NativeChannel) => callbacks.onChannel?.(channel)));
  }

  get state(): PeerState {
    return this.#state;
  }

  /**
   * A new local offer, without candidates. The caller must not have another one open.
   *
   * Candidates are told to the server after its answer. If it had them before, it could complete ICE and DTLS while the native code is
   * still taking in the answer: with the fingerprint not yet stored, the handshake fails ("certificate verify failed"). Seen once in
   * about a hundred joins on a busy machine.
   */
  createOffer(): string {
    this.#expectSignaling('stable');
    this.#peer.setLocalDescription('offer');
    return this.#localSdp().replace(/^a=(candidate:|end-of-candidates).*\r?\n/gm, '');
  }

  acceptAnswer(sdp: string): void {
    this.#expectSignaling('have-local-offer');
    this.#peer.setRemoteDescription(sdp, 'answer');
    this.#flushCandidates();
  }

  /** Takes back an offer that will not be answered. */
  rollBack(): void {
    if (!this.#closing && this.#peer.signalingState() === 'have-local-offer')
      this.#peer.setLocalDescription('rollback');
  }

  answer(offer: string): string {
    this.#expectSignaling('stable');
    this.#peer.setRemoteDescription(offer, 'offer');
    this.#flushCandidates();
    this.#expectSignaling('have-remote-offer');
    this.#peer.setLocalDescription('answer');
    return this.#localSdp();
  }

  addCandidate(candidate: string, mid: string): void {
    if (this.#closing) return;
    if (this.#hasRemote) this.#peer.addRemoteCandidate(candidate, mid);
    else this.#remoteCandidates.push({ candidate, mid });
  }

  /** Adds a send-only m-line; it takes part in the next offer. */
  addTrack(media: OutgoingMedia): NativeTrack {
    return this.#adopt(this.#peer.addTrack(describe(media)));
  }

  createChannel(label: string, options: { lossy: boolean }): NativeChannel {
    return this.#adopt(
      this.#peer.createDataChannel(label, options.lossy ? { unordered: true, maxRetransmits: 0 } : {}),
    );
  }

  /** Closes the connection with its tracks and channels; resolves when the native side has let go of them all. Idempotent. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#state = 'closed';
      // The connection closes its tracks and channels. Not done from here: a channel that is closed at the moment when the other side
      // closes it forgets its callback before it was called. But the connection does not know channels that never opened.
      for (const child of this.#children) if ('getLabel' in child && !child.isOpen()) child.close();
      this.#peer.close();
      if (!this.#settled()) this.#patience = setTimeout(() => this.#abandon(), CLOSE_PATIENCE);
    }
    return this.#released.promise;
  }

  #adopt<T extends NativeTrack | NativeChannel>(child: T): T {
    held.add(child);
    this.#children.add(child);
    child.onClosed(
      guarded(() => {
        this.#children.delete(child);
        this.#settle();
        setTimeout(() => {
          // Lets go of the other callbacks, which a native close does not.
          child.close();
          held.delete(child);
        }, CALLBACKS_KEPT).unref();
      }),
    );
    return child;
  }

  #adopting<T extends NativeTrack | NativeChannel>(callback: (child: T) => void): (child: T) => void {
    return guarded((child: T) => {
      this.#adopt(child);
      if (this.#closing) child.close();
      else callback(child);
    });
  }

  #settled(): boolean {
    return this.#peerGone && this.#children.size === 0;
  }

  #settle(): void {
    if (!this.#settled()) return;
    clearTimeout(this.#patience);
    this.#released.resolve();
  }

  /** Nobody waits longer. What has not said that it is closed much later never will: then the garbage collector may have it. */
  #abandon(): void {
    this.#released.resolve();
    const forget = (): void => {
      held.delete(this.#peer);
      for (const child of this.#children) held.delete(child);
      this.#children.clear();
    };
    setTimeout(forget, FORGET_AFTER).unref();
  }

  #flushCandidates(): void {
    this.#hasRemote = true;
    for (const { candidate, mid } of this.#remoteCandidates.splice(0)) {
      try {
        this.#peer.addRemoteCandidate(candidate, mid);
      } catch {
        // One that cannot be read is no reason to refuse the description: there are others.
      }
    }
    for (const { candidate, mid } of this.#localCandidates.splice(0)) this.#onCandidate(candidate, mid);
  }

  /** setLocalDescription in another state throws inside the native code, where nothing catches it: the process would end. */
  #expectSignaling(expected: string): void {
    const state = this.#closing ? 'closed' : this.#peer.signalingState();
    if (state !== expected)
      throw new Error(`the peer connection is in signaling state ${state}, not ${expected}`);
  }

  #localSdp(): string {
    const description = this.#peer.localDescription();
    if (description === null) throw new Error('the peer connection has no local description');
    return description.sdp;
  }
}

/** Calls `onOpen` when a track or channel opens, or now if it is open already; perhaps twice. */
export function watch(child: NativeTrack | NativeChannel, onOpen: () => void): void {
  if (child.isOpen()) return onOpen();
  child.onOpen(guarded(onOpen));
  if (child.isOpen()) onOpen();
}

/** A callback for the native library, out of which no exception may come. */
export function guarded<A extends unknown[]>(callback: (...args: A) => unknown): (...args: A) => void {
  return (...args) => {
    try {
      callback(...args);
    } catch (error) {
      throwUncaught(error);
    }
  };
}

function describe(media: OutgoingMedia): Audio | Video {
  const description =
    media.kind === 'video' ? new Video(media.mid, 'SendOnly') : new Audio(media.mid, 'SendOnly');
  for (const codec of media.codecs) {
    const name = codec.mimeType.slice(codec.mimeType.indexOf('/') + 1);
    // The native functions refuse an undefined profile, and choose one of their own when it is left out.
    const profile: [string?] = codec.fmtp === undefined ? [] : [codec.fmtp];
    if (description instanceof Video) description.addVideoCodec(codec.payloadType, name, ...profile);
    else if (name.toLowerCase() === 'opus')
      description.addOpusCodec(codec.payloadType, codec.fmtp ?? opusProfile(media.stereo));
    else description.addAudioCodec(codec.payloadType, name, ...profile);
    // Of video the library offers it by itself. Without it the server does not ask for packets that are lost on the way.
    if (description instanceof Audio) description.parseSdpLine(`a=rtcp-fb:${codec.payloadType} nack`);
  }
  if (media.kind === 'audio') description.parseSdpLine(`a=extmap:1 ${AUDIO_LEVEL_URI}`);
  description.addSSRC(media.ssrc, media.cname, media.stream, media.trackId);
  return description;
}

function opusProfile(stereo: boolean): string {
  return `minptime=10;useinbandfec=1${stereo ? ';stereo=1;sprop-stereo=1' : ''}`;
}
