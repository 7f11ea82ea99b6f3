import type { Logger, RtpParticipant } from '@avatar-bridge/livekit-rtp';
import { type Picture, StillPicture } from './still-picture.ts';

export type OwnPictureOptions = {
  participant: () => RtpParticipant | undefined;
  /** What to show; asked for each time it is to be shown. */
  picture: () => Promise<Picture>;
  logger: Logger;
  /** Aborts what is being published. */
  signal: AbortSignal;
};

/** A still picture of ours that is on the stage or not, whichever was asked for last. */
export class OwnPicture {
  readonly #options: OwnPictureOptions;
  #wanted = false;
  #shown: StillPicture | undefined;
  #working: Promise<void> | undefined;

  constructor(options: OwnPictureOptions) {
    this.#options = options;
  }

  /**
   * Resolves when it is on the stage, or off it. A picture that cannot be published is logged, and tried
   * again at the next call.
   */
  show(wanted: boolean): Promise<void> {
    this.#wanted = wanted;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  /** Sends nothing more; the track goes with its participant. */
  stop(): void {
    this.#shown?.stop();
  }

  async #work(): Promise<void> {
    const { logger, participant, picture, signal } = this.#options;
    try {
      while (this.#wanted !== (this.#shown !== undefined)) {
        const stage = participant();
        if (this.#wanted && stage === undefined) return;
        if (this.#shown) {
          const shown = this.#shown;
          this.#shown = undefined;
          await shown.close();
        } else if (stage) {
          this.#shown = await StillPicture.publish(stage, await picture(), signal);
        }
      }
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'the still picture could not be put on the stage');
    }
  }
}
