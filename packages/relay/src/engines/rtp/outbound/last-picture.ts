import type { KeyFrameCache } from '../../../packets/key-frame-cache.ts';

/**
 * ms without a packet of the source after which the stage gets the last key frame again when it asks for one.
 */
const SILENT_AFTER = 500;
/**
 * ms from one such key frame to the next, and for how long they are sent after a request: the first may come
 * before the viewer can show it.
 */
const REPEAT_INTERVAL = 200;
const REPEAT_TIME = 1_000;
const NOTHING: readonly Buffer[] = [];

/** When the last key frame is sent once more, to those who come while the source is silent. Times in ms. */
export class LastPicture {
  readonly #cache: KeyFrameCache;
  #wantedUntil = -Infinity;
  #repeatedAt = -Infinity;

  constructor(cache: KeyFrameCache) {
    this.#cache = cache;
  }

  /** The stage asked for a key frame. */
  request(now: number): void {
    this.#wantedUntil = now + REPEAT_TIME;
  }

  /**
   * The packets to send now, whose memory is the cache's; mostly none. `lastPacketAt`: when the source last
   * sent one.
   */
  due(lastPacketAt: number, now: number): readonly Buffer[] {
    if (
      now >= this.#wantedUntil ||
      now - lastPacketAt <= SILENT_AFTER ||
      now - this.#repeatedAt < REPEAT_INTERVAL
    )
      return NOTHING;
    const packets = this.#cache.packets();
    if (packets.length > 0) this.#repeatedAt = now;
    return packets;
  }
}
