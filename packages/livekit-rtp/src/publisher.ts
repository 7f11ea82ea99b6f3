import { randomUUID } from 'node:crypto';
import {
  MuteTrackRequest,
  RequestResponse_Reason,
  SessionDescription,
  SignalTarget,
  type AddTrackRequest,
  type RequestResponse,
  type TrackPublishedResponse,
} from '@livekit/protocol';
import { addTrackRequest } from './add-track.ts';
import { codecOffer } from './codec-offer.ts';
import { unlessAborted } from './deadline.ts';
import { CancelledError, connectionError, TerminalError, type LiveKitRtpError } from './errors.ts';
import { NativePeer, type NativeIceServer, type NativeTrack, type PeerState } from './native-peer.ts';
import { Negotiator } from './negotiator.ts';
import { OutgoingChannel } from './outgoing-data.ts';
import type { PublishedTrack } from './published-track.ts';
import { accepts, AUDIO_LEVEL_URI, extensionId } from './sdp.ts';
import type { ClientMessage } from './signal-connection.ts';
import { trickleMessage } from './trickle.ts';
import type { Logger } from './types.ts';

export type PublisherOptions = {
  iceServers: NativeIceServer[];
  bindAddress?: string;
  cname: string;
  logger?: Logger;
  send(message: ClientMessage): void;
  onState(state: PeerState): void;
};

type Place = { sid: string; cid: string; mid: string };
type Announcement = { cid: string; resolve(sid: string): void; reject(error: LiveKitRtpError): void };

/** The connection on which our tracks and data go to the server: we offer, the server answers. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #peer: NativePeer;
  readonly #negotiator: Negotiator;
  readonly #tracks = new Map<string, { track: PublishedTrack; native: NativeTrack }>();
  readonly reliable: OutgoingChannel;
  readonly lossy: OutgoingChannel;
  #announcement: Announcement | undefined;
  #announcements: Promise<unknown> = Promise.resolve();
  #lastMid = 0;
  #closed = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#peer = new NativePeer(
      { name: 'publisher', iceServers: options.iceServers, bindAddress: options.bindAddress },
      {
        onState: (state) => options.onState(state),
        onCandidate: (candidate, sdpMid) =>
          options.send(trickleMessage(candidate, sdpMid, SignalTarget.PUBLISHER)),
      },
    );
    this.reliable = new OutgoingChannel(this.#peer.createChannel('_reliable', { lossy: false }), {
      lossy: false,
    });
    this.lossy = new OutgoingChannel(this.#peer.createChannel('_lossy', { lossy: true }), { lossy: true });
    this.#negotiator = new Negotiator(this.#peer, (sdp, id) =>
      options.send({ case: 'offer', value: new SessionDescription({ type: 'offer', sdp, id }) }),
    );
  }

  track(sid: string): PublishedTrack | undefined {
    return this.#tracks.get(sid)?.track;
  }

  /** Makes the first offer, which holds the data channels. */
  async start(): Promise<void> {
    await this.#negotiator.negotiate();
  }

  /**
   * Resolves when packets of the track can be sent. When it rejects, the track has no place here; it is not
   * closed by that.
   */
  async publish(track: PublishedTrack, signal: AbortSignal): Promise<void> {
    const cid = randomUUID();
    const { muted } = track;
    const sid = await this.#announce(
      addTrackRequest(track.options, { cid, ssrc: track.ssrc, muted }),
      signal,
    );
    // Not while the first offer is open: then ldc sometimes takes the answer for one without ICE, and refuses
    // it.
    await unlessAborted(this.reliable.opened, signal);
    // Tracks that are published at once go into one offer: a server (1.13) that hears of the second a moment
    // after the first
    // tells subscribers of it 150 ms later.
    await unlessAborted(this.#announcements, signal);
    if (track.closed) throw new CancelledError('the track was unpublished');
    const mid = String(++this.#lastMid);
    try {
      const opened = this.#attach(track, { sid, cid, mid });
      const answer = await unlessAborted(this.#negotiator.negotiate(), signal);
      const { mimeType, payloadType, fmtp = '' } = track.codec;
      if (!accepts(answer, mid, payloadType, mimeType.slice(mimeType.indexOf('/') + 1))) {
        throw new TerminalError(
          'unsupported-codec',
          `the server does not accept ${mimeType} ${fmtp} as payload type ${payloadType}`,
        );
      }
      track.audioLevelId = extensionId(answer, mid, AUDIO_LEVEL_URI);
      await unlessAborted(opened, signal);
      if (track.muted !== muted) this.#mute(sid, track.muted);
    } catch (cause) {
      const error = connectionError(cause);
      track.detach(error);
      await this.#drop(sid, 'publishing failed', { wait: false });
      throw error;
    }
  }

  onTrackPublished({ cid, track }: TrackPublishedResponse): void {
    if (track !== undefined && this.#announcement?.cid === cid) this.#announcement.resolve(track.sid);
  }

  /** The server's answer to a request without an id. Of those we send, only addTrack can be forbidden. */
  onRefused(response: RequestResponse): void {
    if (
      response.reason !== RequestResponse_Reason.NOT_ALLOWED &&
      response.reason !== RequestResponse_Reason.LIMIT_EXCEEDED
    )
      return;
    const message =
      `the server refused to publish the track: reason ${response.reason} ${response.message}`.trim();
    this.#announcement?.reject(new TerminalError('forbidden', message));
  }

  onAnswer(description: SessionDescription): void {
    this.#negotiator.onAnswer(description.sdp, description.id);
  }

  addCandidate(candidate: string, mid: string): void {
    this.#peer.addCandidate(candidate, mid);
  }

  /** The server took a track out of the room. Undefined when it is not ours, or no longer. */
  onTrackUnpublished(sid: string): PublishedTrack | undefined {
    const track = this.#tracks.get(sid)?.track;
    if (track === undefined) return undefined;
    track.release();
    void this.#drop(sid, 'unpublished by the server', { wait: false });
    return track;
  }

  close(error: LiveKitRtpError): Promise<void> {
    this.#closed = true;
    this.#negotiator.close(error);
    for (const { track } of this.#tracks.values()) track.detach(error);
    this.#tracks.clear();
    return this.#peer.close();
  }

  #attach(track: PublishedTrack, { sid, cid, mid }: Place): Promise<void> {
    const { kind, codec, stream = 'default', stereo = codec.channels === 2 } = track.options;
    const { ssrc } = track;
    const codecs = codecOffer(kind, codec);
    const native = this.#peer.addTrack({
      mid,
      kind,
      codecs,
      ssrc,
      cname: this.#options.cname,
      stream,
      trackId: cid,
      stereo,
    });
    this.#tracks.set(sid, { track, native });
    return track.attach({
      sid,
      native,
      mute: (muted) => this.#mute(sid, muted),
      unpublish: (reason) => this.#drop(sid, reason),
    });
  }

  #mute(sid: string, muted: boolean): void {
    this.#options.send({ case: 'mute', value: new MuteTrackRequest({ sid, muted }) });
  }

  /** One announcement at a time, because a refusal does not say which one it is about. */
  #announce(request: AddTrackRequest, signal: AbortSignal): Promise<string> {
    const turn = this.#announcements.then(async () => {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      this.#announcement = { cid: request.cid, resolve, reject };
      this.#options.send({ case: 'addTrack', value: request });
      try {
        return await unlessAborted(promise, signal);
      } finally {
        this.#announcement = undefined;
      }
    });
    this.#announcements = turn.catch(() => undefined);
    return turn;
  }

  /**
   * A closed native track leaves its m-line rejected (port 0) in the next offer, and with it the server drops
   * the track.
   */
  async #drop(sid: string, reason?: string, { wait } = { wait: true }): Promise<void> {
    const dropped = this.#tracks.get(sid);
    if (dropped === undefined) return;
    this.#tracks.delete(sid);
    dropped.native.close();
    this.#options.logger?.debug({ trackSid: sid, reason }, 'track unpublished');
    const negotiated = this.#negotiator.negotiate();
    if (wait)
      await negotiated.catch((error: unknown) => {
        if (!this.#closed) throw error;
      });
    else
      negotiated.catch((error: unknown) =>
        this.#options.logger?.debug({ err: error }, 'negotiation after unpublishing failed'),
      );
  }
}
