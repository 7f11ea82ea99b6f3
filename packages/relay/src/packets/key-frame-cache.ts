import { sequenceDelta } from './numbers.ts';

const MAX_PACKETS = 512;
const FIRST_SIZE = 64 * 1024;
const MAX_SIZE = 512 * 1024;

/** The packets of one frame, one behind the other in one block of memory. */
class Frame {
  readonly #ends = new Uint32Array(MAX_PACKETS);
  readonly #sequences = new Uint16Array(MAX_PACKETS);
  #block = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #count = 0;
  #first = 0;
  #last = -1;

  clear(): void {
    this.#count = 0;
    this.#last = -1;
  }

  /** False: there is no room for it. */
  add(packet: Buffer, sequenceNumber: number, last: boolean): boolean {
    const start = this.#count === 0 ? 0 : this.#ends[this.#count - 1]!;
    const end = start + packet.length;
    if (this.#count === MAX_PACKETS || !this.#hasRoom(start, end)) return false;
    this.#block.set(packet, start);
    this.#ends[this.#count] = end;
    this.#sequences[this.#count] = sequenceNumber;
    if (this.#count++ === 0 || sequenceDelta(sequenceNumber, this.#first) < 0) this.#first = sequenceNumber;
    if (last) this.#last = sequenceNumber;
    return true;
  }

  get complete(): boolean {
    return this.#last >= 0 && sequenceDelta(this.#last, this.#first) + 1 === this.#count;
  }

  packets(): Buffer[] {
    return Array.from({ length: this.#count }, (_, index) => index)
      .toSorted((a, b) => sequenceDelta(this.#sequences[a]!, this.#sequences[b]!))
      .map((index) => this.#block.subarray(index === 0 ? 0 : this.#ends[index - 1]!, this.#ends[index]));
  }

  #hasRoom(used: number, wanted: number): boolean {
    if (wanted <= this.#block.length) return true;
    if (wanted > MAX_SIZE) return false;
    const larger = Buffer.allocUnsafeSlow(Math.min(MAX_SIZE, Math.max(wanted, this.#block.length * 2)));
    larger.set(this.#block.subarray(0, used));
    this.#block = larger;
    return true;
  }
}

/**
 * Keeps the last complete key frame of what is sent, of up to 512 packets and 512 kB, with fixed headers
 * only.
 */
export class KeyFrameCache {
  #recording: Frame | null = null;
  #kept: Frame | null = null;
  #spare: Frame | null = null;
  #timestamp = -1;

  /**
   * Every packet as it is sent; `startsKeyFrame`: the first of a key frame. Packets of other frames cost next
   * to nothing.
   */
  add(packet: Buffer, sequenceNumber: number, startsKeyFrame: boolean, marker: boolean): void {
    if (this.#recording === null && !startsKeyFrame) return;
    const timestamp = packet.readUInt32BE(4);
    if (startsKeyFrame && timestamp !== this.#timestamp) this.#begin(timestamp);
    const recording = this.#recording;
    if (recording === null || timestamp !== this.#timestamp) return;
    if (!recording.add(packet, sequenceNumber, marker)) {
      this.#spare = recording;
      this.#recording = null;
    } else if (recording.complete) {
      this.#spare = this.#kept;
      this.#kept = recording;
      this.#recording = null;
    }
  }

  /** In their order, sharing the memory of the cache; empty when there is none yet. */
  packets(): Buffer[] {
    return this.#kept?.packets() ?? [];
  }

  #begin(timestamp: number): void {
    this.#timestamp = timestamp;
    this.#recording ??= this.#spare ?? new Frame();
    this.#spare = null;
    this.#recording.clear();
  }
}
