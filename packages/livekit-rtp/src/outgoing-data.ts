import { connectionError, TerminalError } from './errors.ts';
import type { DataPacket } from '@livekit/protocol';
import { unlessAborted } from './deadline.ts';
import { guarded, watch, type NativeChannel } from './native-peer.ts';

/** Bytes queued in a channel above which senders wait (reliable) or packets are dropped (lossy). */
const HIGH_WATER = 512 * 1024;
const LOW_WATER = 128 * 1024;

/** One of the two data channels of the publisher connection, with back pressure. */
export class OutgoingChannel {
  /** Also readable: on the primary connection the server sends on it, too. */
  readonly native: NativeChannel;
  readonly #lossy: boolean;
  readonly #opened = Promise.withResolvers<void>();
  #drained: PromiseWithResolvers<void> | undefined;
  #watchesDraining = false;
  #lastSequence = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(channel: NativeChannel, options: { lossy: boolean }) {
    this.native = channel;
    this.#lossy = options.lossy;
    watch(channel, () => this.#opened.resolve());
  }

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /**
   * Queues a packet; packets keep the order of the calls. A reliable channel makes the caller wait while much is queued, a lossy one drops
   * the packet.
   */
  send(packet: DataPacket, signal: AbortSignal): Promise<void> {
    const turn = this.#last.then(() => this.#sendNow(packet, signal));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #sendNow(packet: DataPacket, signal: AbortSignal): Promise<void> {
    await unlessAborted(this.#opened.promise, signal);
    try {
      // With a number, the server keeps a reliable packet for those who are just joining, and sends it once only.
      if (!this.#lossy) packet.sequence = this.#lastSequence + 1;
      const message = packet.toBinary();
      this.#checkSize(message);
      if (this.#isFull()) {
        if (this.#lossy) return;
        this.#watchDraining();
      }
      while (this.#isFull()) {
        this.#drained ??= Promise.withResolvers<void>();
        await unlessAborted(this.#drained.promise, signal);
      }
      this.native.sendMessageBinary(message);
      if (!this.#lossy) this.#lastSequence++;
    } catch (error) {
      throw connectionError(error);
    }
  }

  #isFull(): boolean {
    return this.native.bufferedAmount() > HIGH_WATER;
  }

  /** Not before it is needed: a native callback has its price, see NativePeer. */
  #watchDraining(): void {
    if (this.#watchesDraining) return;
    this.#watchesDraining = true;
    this.native.setBufferedAmountLowThreshold(LOW_WATER);
    this.native.onBufferedAmountLow(
      guarded(() => {
        this.#drained?.resolve();
        this.#drained = undefined;
      }),
    );
  }

  #checkSize({ length }: Uint8Array): void {
    const limit = this.native.maxMessageSize();
    if (length > limit)
      throw new TerminalError(
        'payload-too-large',
        `a data message can have ${limit} bytes, this one has ${length}`,
      );
  }
}
