import { guarded, watch, type NativeTrack } from './native-peer.ts';
import type { Codec } from './types.ts';

/** What a PublishedTrack asks of the connection it belongs to. */
export type PublishedTrackHooks = {
  mute(muted: boolean): void;
  unpublish(reason?: string): Promise<void>;
};

/** A track of ours in the room, made by `RtpParticipant.publishTrack`. */
export class PublishedTrack {
  /** The server's id of the track (`TR_…`). */
  readonly sid: string;
  /** The SSRC that was announced; every packet must carry it. */
  readonly ssrc: number;
  readonly codec: Codec;
  /** The id of the audio level header extension (RFC 6464), when the server takes it: without it nobody is ever an active speaker. */
  audioLevelId: number | undefined;
  /**
   * Compound RTCP from the server: PLI, FIR, NACK, receiver reports. A compound can hold parts about other tracks of the same
   * connection: look at the media SSRC of each part.
   */
  onRtcp: ((packet: Buffer) => void) | null = null;
  readonly #native: NativeTrack;
  readonly #hooks: PublishedTrackHooks;
  readonly #opened = Promise.withResolvers<void>();
  #open = false;
  #closed = false;
  #muted = false;
  #dropped = 0;

  constructor(native: NativeTrack, sid: string, ssrc: number, codec: Codec, hooks: PublishedTrackHooks) {
    this.#native = native;
    this.sid = sid;
    this.ssrc = ssrc;
    this.codec = codec;
    this.#hooks = hooks;
    native.onMessage(guarded((packet: Buffer) => this.onRtcp?.(packet)));
    watch(native, () => {
      this.#open = !this.#closed;
      this.#opened.resolve();
    });
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

  /** Resolves when packets can be sent. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /**
   * Sends a full RTP or RTCP packet that already carries `ssrc` and `codec.payloadType`. The buffer may be reused afterwards.
   * False: the transport is not open or refused the packet (a sequence number far behind the newest is a replay to SRTP); it is dropped.
   */
  send(packet: Buffer): boolean {
    if (this.#open) {
      try {
        if (this.#native.sendMessageBinary(packet)) return true;
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
    this.#hooks.mute(muted);
  }

  /** Takes the track out of the room; resolves when the server has agreed. Idempotent. */
  async unpublish(reason?: string): Promise<void> {
    if (!this.#closed) await this.#hooks.unpublish(reason);
  }

  /** @internal The server muted or unmuted us. */
  mutedByServer(muted: boolean): void {
    this.#muted = muted;
  }

  /** @internal Ends the track when its connection is closed, which closes the native track, too. */
  release(): void {
    this.#closed = true;
    this.#open = false;
  }

  /** @internal Ends the track on a connection that goes on. */
  remove(): void {
    this.release();
    this.#native.close();
  }
}
