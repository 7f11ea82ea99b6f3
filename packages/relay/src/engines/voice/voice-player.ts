import { audioFrameMs, silentFrame, silentLevel } from '@avatar-bridge/speech';
import { Playlist, type PlaylistFact } from './playlist.ts';

/** ms that the rest of an utterance may come late without silence being sent in its place. */
const patienceMs = 60;
/**
 * ms behind the clock after which packets are not caught up with: the process stood still, or nothing could
 * be sent.
 */
const longestBehindMs = 200;
/** ms between packets at rest, as Opus encoders leave out the others in DTX. */
const restIntervalMs = 400;

export type VoicePlayerOptions = {
  /** Samples of one packet of 20 ms. */
  frameSize: number;
  encode(frame: Int16Array): { packet: Uint8Array; level: number };
  /** `at`: the packet's place in time; `level` in -dBov. */
  send(packet: Uint8Array, level: number, at: number): void;
  tell(fact: PlaylistFact): void;
};

/**
 * Sends utterances as packets of 20 ms, each when it is due. Without timers: `tick` says when it wants to be
 * called again. Times are monotonic ms.
 */
export class VoicePlayer {
  readonly #options: VoicePlayerOptions;
  readonly #playlist: Playlist;
  /** The place in time of the next packet, when they follow each other without a gap. */
  #nextAt = -Infinity;
  #sentAt = -Infinity;
  #playing = false;

  constructor(options: VoicePlayerOptions) {
    this.#options = options;
    this.#playlist = new Playlist(options.frameSize);
  }

  add(utteranceId: string, samples: Int16Array, last: boolean): void {
    this.#playlist.add(utteranceId, samples, last);
  }

  /** Drops everything that was not sent yet. */
  clear(): void {
    this.#tell(this.#playlist.clear());
  }

  /** Sends what is due. Call it again when sound was added, and at the time that it returns. */
  tick(now: number): number {
    if (!this.#playing || now - this.#nextAt > longestBehindMs) this.#nextAt = Math.max(this.#nextAt, now);
    while (this.#nextAt <= now) {
      const { frame, facts } = this.#playlist.next();
      this.#tell(facts);
      if (frame === undefined) return this.#rest(now);
      this.#playing = true;
      const { packet, level } = this.#options.encode(frame);
      this.#send(packet, level);
    }
    return this.#nextAt;
  }

  #rest(now: number): number {
    const waits = this.#playing && !this.#playlist.empty && now - this.#nextAt < patienceMs;
    if (waits) return this.#nextAt + patienceMs;
    if (this.#playing || this.#nextAt - this.#sentAt >= restIntervalMs) {
      this.#playing = false;
      this.#send(silentFrame, silentLevel);
    }
    return this.#sentAt + restIntervalMs;
  }

  #send(packet: Uint8Array, level: number): void {
    this.#sentAt = this.#nextAt;
    this.#nextAt += audioFrameMs;
    this.#options.send(packet, level, this.#sentAt);
  }

  #tell(facts: readonly PlaylistFact[]): void {
    for (const fact of facts) this.#options.tell(fact);
  }
}
