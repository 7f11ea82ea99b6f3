import { CancelledError, type LiveKitRtpError } from './errors.ts';
import { guarded, watch, type NativeTrack } from './native-peer.ts';
import type { Codec, PublishOptions } from './types.ts';

/** A track's place in one session: the native track and what can be asked of its connection. */
export type PublishedLeg = {
  readonly sid: string;
  readonly native: NativeTrack;
  mute(muted: boolean): void;
  unpublish(reason?: string): Promise<void>;
};

/**
 * A track of ours in the room, made by `RtpParticipant.publishTrack`. It lasts through outages: the session changes, and with it `sid`,
 * but not `ssrc`, `codec`, `onRtcp` or whether it is muted.
 */
export class PublishedTrack {
  /** @internal What it was published with. */
  readonly options: PublishOptions;
  /** The SSRC that was announced; every packet must carry it. */
  readonly ssrc: number;
  /** The id of the audio level header extension (RFC 6464), when the server takes it: without it nobody is ever an active speaker. */
  audioLevelId: number | undefined;
  /**
   * Compound RTCP from the server: PLI, FIR, NACK, receiver reports. A compound can hold parts about other tracks of the same
   * connection: look at the media SSRC of each part.
   */
  onRtcp: ((packet: Buffer) => void) | null = null;
  readonly #onClosed: (track: PublishedTrack) => void;
  #leg: PublishedLeg | undefined;
  /** The native track of the leg while packets can be sent on it. */
  #open: NativeTrack | null = null;
  #opening: PromiseWithResolvers<void> | undefined;
  #sid = '';
  #closed = false;
  #muted = false;
  #dropped = 0;

  constructor(options: PublishOptions, ssrc: number, onClosed: (track: PublishedTrack) => void) {
    this.options = options;
    this.ssrc = ssrc;
    this.#onClosed = onClosed;
  }

  /** The server's id of the track (`TR_…`): another one after each outage. */
  get sid(): string {
    return this.#sid;
  }

  get codec(): Codec {
    return this.options.codec;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** Packets that `send` could not send. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Sends a full RTP or RTCP packet that already carries `ssrc` and `codec.payloadType`. The buffer may be reused afterwards.
   * False: the transport is not open (as in an outage) or refused the packet (a sequence number far behind the newest is a replay to
   * SRTP); it is dropped.
   */
  send(packet: Buffer): boolean {
    if (this.#open !== null) {
      try {
        if (this.#open.sendMessageBinary(packet)) return true;
      } catch {
        // The reason is native and the same for thousands of packets: the caller sees `false`, and `dropped` counts.
      }
    }
    this.#dropped++;
    return false;
  }

  /** Tells the room that nothing comes for a while (true), or again (false). Sending is not stopped by it. */
  setMuted(muted: boolean): void {
    if (this.#closed || this.#muted === muted) return;
    this.#muted = muted;
    this.#leg?.mute(muted);
  }

  /** Takes the track out of the room; resolves when the server has agreed. Idempotent. */
  async unpublish(reason?: string): Promise<void> {
    const leg = this.#leg;
    this.release();
    await leg?.unpublish(reason);
  }

  /** @internal The server muted or unmuted us. */
  mutedByServer(muted: boolean): void {
    this.#muted = muted;
  }

  /** @internal Takes a place in a session; resolves when packets can be sent, rejects when it is taken away before. */
  attach(leg: PublishedLeg): Promise<void> {
    const opening = Promise.withResolvers<void>();
    opening.promise.catch(() => undefined);
    this.#leg = leg;
    this.#sid = leg.sid;
    this.#opening = opening;
    leg.native.onMessage(guarded((packet: Buffer) => this.#leg === leg && this.onRtcp?.(packet)));
    watch(leg.native, () => {
      if (this.#leg !== leg) return;
      this.#open = leg.native;
      opening.resolve();
    });
    return opening.promise;
  }

  /** @internal Its session is over. */
  detach(error: LiveKitRtpError): void {
    this.#leg = undefined;
    this.#open = null;
    this.#opening?.reject(error);
  }

  /** @internal The end of the track. */
  release(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.detach(new CancelledError('the track was unpublished'));
    this.#onClosed(this);
  }
}
