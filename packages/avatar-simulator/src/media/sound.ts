import type { Mouth } from './face.ts';

/** What an avatar can say: packets of 20 ms of opus, and the mouth that goes with them. */
export interface Sound {
  /** Whether nothing is left, and nothing more will come. */
  readonly over: boolean;
  /** The next packet and its loudness in -dBov; undefined when there is none right now. */
  next(): { payload: Uint8Array; level: number } | undefined;
  /** The mouth at so many ms after the first packet. */
  mouthAt(ms: number): Mouth;
  /** Called once, when it will not be played any further. */
  close(): void;
}
