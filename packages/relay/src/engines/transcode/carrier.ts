import type { DecodedTrack } from './transcode-source.ts';

/** Takes frames from decoders to an encoder. */
export interface Carrier {
  /** Given to the encoder. */
  readonly frames: number;
  /** Too late for it. */
  readonly dropped: number;
  /** Times that a track took over from another. */
  readonly switches: number;
  /** Called once, with the next frame that is given to the encoder. */
  onNextFrame: (() => void) | undefined;
  /** The track takes over at its first frame, when `taken` is called. Feeding the same again does nothing. */
  feed(track: DecodedTrack, taken?: () => void): void;
  end(track: DecodedTrack): void;
  close(): void;
}
