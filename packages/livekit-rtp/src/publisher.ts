import { randomInt, randomUUID } from 'node:crypto';
import {
  MuteTrackRequest,
  RequestResponse_Reason,
  SessionDescription,
  SignalTarget,
  type AddTrackRequest,
  type RequestResponse,
  type TrackPublishedResponse,
} from '@livekit/protocol';
import { addTrackRequest, checkPublishOptions } from './add-track.ts';
import { codecOffer } from './codec-offer.ts';
import { unlessAborted } from './deadline.ts';
import { connectionError, TerminalError, type LiveKitRtpError } from './errors.ts';
import { NativePeer, type NativeChannel, type NativeIceServer, type PeerState } from './native-peer.ts';
import { Negotiator } from './negotiator.ts';
import { OutgoingChannel } from './outgoing-data.ts';
import { PublishedTrack } from './published-track.ts';
import { accepts, AUDIO_LEVEL_URI, extensionId } from './sdp.ts';
import type { ClientMessage } from './signal-connection.ts';
import { trickleMessage } from './trickle.ts';
import type { Logger, PublishOptions } from './types.ts';

export type PublisherOptions = {
  iceServers: NativeIceServer[];
  bindAddress?: string;
  cname: string;
  logger?: Logger;
  send(message: ClientMessage): void;
  onState(state: PeerState): void;
  /** The server answers on these channels, too, when it makes no subscriber connection. */
  onChannel(channel: NativeChannel): void;
};

type Announcement = { cid: string; resolve(sid: string): void; reject(error: LiveKitRtpError): void };

/** The connection on which our tracks and data go to the server: we offer, the server answers. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #peer: NativePeer;
  readonly #negotiator: Negotiator;
  readonly #tracks = new Map<string, PublishedTrack>();
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
        onCandidate: (candidate, sdpMid) => options.send(trickleMessage(candidate, sdpMid, SignalTarget.PUBLISHER)),
        onChannel: (channel) => options.onChannel(channel),
      },
    );
    const reliable = this.#peer.createChannel('_reliable', { lossy: false });
    const lossy = this.#peer.createChannel('_lossy', { lossy: true });
    options.onChannel(reliable);
    options.onChannel(lossy);
    this.reliable = new OutgoingChannel(reliable, { lossy: false });
    this.lossy = new OutgoingChannel(lossy, { lossy: true });
    this.#negotiator = new Negotiator(this.#peer, (sdp, id) =>
      options.send({ case: 'offer', value: new SessionDescription({ type: 'offer', sdp, id }) }),
    );
  }

  get tracks(): ReadonlyMap<string, PublishedTrack> {
    return this.#tracks;
  }

  /** Makes the first offer, which holds the data channels. */
  async start(): Promise<void> {
    await this.#negotiator.negotiate();
  }

  async publish(options: PublishOptions, signal: AbortSignal): Promise<PublishedTrack> {
    checkPublishOptions(options);
    const cid = randomUUID();
    const ssrc = randomInt(1, 2 ** 32);
    const sid = await this.#announce(addTrackRequest(options, cid, ssrc), signal);
    let track: PublishedTrack | undefined;
    try {
      const mid = String(++this.#lastMid);
      track = this.#addTrack(options, { mid, cid, ssrc, sid });
      const answer = await unlessAborted(this.#negotiator.negotiate(), signal);
      const { mimeType, payloadType, fmtp = '' } = options.codec;
      if (!accepts(answer, mid, payloadType, mimeType.slice(mimeType.indexOf('/') + 1))) {
        throw new TerminalError('unsupported-codec', `the server does not accept ${mimeType} ${fmtp} as payload type ${payloadType}`);
      }
      track.audioLevelId = extensionId(answer, mid, AUDIO_LEVEL_URI);
      await unlessAborted(track.opened, signal);
      return track;
    } catch (error) {
      if (track !== undefined) await this.#unpublish(track, 'publishing failed', { wait: false });
      throw connectionError(error);
    }
  }

  onTrackPublished({ cid, track }: TrackPublishedResponse): void {
    if (track !== undefined && this.#announcement?.cid === cid) this.#announcement.resolve(track.sid);
  }

  /** The server's answer to a request without an id. Of those we send, only addTrack can be forbidden. */
  onRefused(response: RequestResponse): void {
    if (response.reason !== RequestResponse_Reason.NOT_ALLOWED && response.reason !== RequestResponse_Reason.LIMIT_EXCEEDED) return;
    const message = `the server refused to publish the track: reason ${response.reason} ${response.message}`.trim();
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
    const track = this.#tracks.get(sid);
    if (track === undefined) return undefined;
    void this.#unpublish(track, 'unpublished by the server', { wait: false });
    return track;
  }

  close(error: Error): Promise<void> {
    this.#closed = true;
    this.#negotiator.close(error);
    for (const track of this.#tracks.values()) track.release();
    this.#tracks.clear();
    return this.#peer.close();
  }

  #addTrack(options: PublishOptions, { mid, cid, ssrc, sid }: { mid: string; cid: string; ssrc: number; sid: string }): PublishedTrack {
    const { kind, codec, stream = 'default', stereo = codec.channels === 2 } = options;
    const codecs = codecOffer(kind, codec);
    const native = this.#peer.addTrack({ mid, kind, codecs, ssrc, cname: this.#options.cname, stream, trackId: cid, stereo });
    const track = new PublishedTrack(native, sid, ssrc, codec, {
      mute: (muted) => this.#options.send({ case: 'mute', value: new MuteTrackRequest({ sid, muted }) }),
      unpublish: (reason) => this.#unpublish(track, reason),
    });
    this.#tracks.set(sid, track);
    return track;
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

  /** A closed native track leaves its m-line rejected (port 0) in the next offer, and with it the server drops the track. */
  async #unpublish(track: PublishedTrack, reason?: string, { wait } = { wait: true }): Promise<void> {
    if (!this.#tracks.delete(track.sid)) return;
    track.remove();
    this.#options.logger?.debug({ trackSid: track.sid, reason }, 'track unpublished');
    const negotiated = this.#negotiator.negotiate();
    if (wait)
      await negotiated.catch((error: unknown) => {
        if (!this.#closed) throw error;
      });
    else negotiated.catch((error: unknown) => this.#options.logger?.debug({ err: error }, 'negotiation after unpublishing failed'));
  }
}
