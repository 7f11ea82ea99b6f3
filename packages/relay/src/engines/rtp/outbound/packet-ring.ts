const SLOT = 1500;

/**
 * The last packets sent, by sequence number. They are copied into one block of memory: keeping the buffers
 * themselves would make each of them outlive the young generation of the garbage collector.
 */
export class PacketRing {
  readonly #size: number;
  readonly #lengths: Uint16Array;
  readonly #sequences: Int32Array;
  #block: Buffer | null = null;

  /** `size` packets, a power of two. */
  constructor(size: number) {
    this.#size = size;
    this.#lengths = new Uint16Array(size);
    this.#sequences = new Int32Array(size).fill(-1);
  }

  put(sequenceNumber: number, packet: Buffer): void {
    const slot = sequenceNumber & (this.#size - 1);
    if (packet.length > SLOT) {
      this.#sequences[slot] = -1;
      return;
    }
    this.#block ??= Buffer.allocUnsafeSlow(this.#size * SLOT);
    this.#block.set(packet, slot * SLOT);
    this.#lengths[slot] = packet.length;
    this.#sequences[slot] = sequenceNumber;
  }

  /** The packet under this 16-bit number, sharing the ring's memory. */
  get(sequenceNumber: number): Buffer | undefined {
    const slot = sequenceNumber & (this.#size - 1);
    if (this.#block === null || this.#sequences[slot] !== sequenceNumber) return undefined;
    return this.#block.subarray(slot * SLOT, slot * SLOT + this.#lengths[slot]!);
  }
}
