/** What is said, by utterance; the samples are s16, mono. */
type Utterance = { id: string; chunks: Int16Array[]; complete: boolean; played: number; begun: boolean };

/** Of so many cleared utterances it is remembered that they were. */
const clearedKept = 32;

/** What happened to an utterance; `playedSamples` of it were handed out. */
export type PlaylistFact =
  | { type: 'started'; utteranceId: string }
  | { type: 'ended'; utteranceId: string; playedSamples: number; complete: boolean };

/**
 * Utterances in the order in which their first chunks came, handed out in frames of one size. In memory,
 * without clocks.
 */
export class Playlist {
  readonly #frameSize: number;
  #utterances: Utterance[] = [];
  /** Cleared before their last chunk had come. */
  readonly #cleared = new Set<string>();

  constructor(frameSize: number) {
    this.#frameSize = frameSize;
  }

  /** Whether there is, or will be, something to play. */
  get empty(): boolean {
    return this.#utterances.length === 0;
  }

  /** What comes late of an utterance that was cleared is dropped. */
  add(id: string, samples: Int16Array, last: boolean): void {
    if (this.#cleared.has(id)) {
      if (last) this.#cleared.delete(id);
      return;
    }
    let utterance = this.#utterances.find((each) => each.id === id);
    if (utterance === undefined) {
      utterance = { id, chunks: [], complete: false, played: 0, begun: false };
      this.#utterances.push(utterance);
    }
    if (samples.length > 0) utterance.chunks.push(samples);
    utterance.complete ||= last;
  }

  /**
   * The next frame; the end of an utterance is filled up with silence. `undefined`: there is nothing to play
   * now, because nothing is left, or because the rest of an utterance has not come yet.
   */
  next(): { frame: Int16Array | undefined; facts: PlaylistFact[] } {
    const facts: PlaylistFact[] = [];
    for (let utterance = this.#utterances[0]; utterance; utterance = this.#utterances[0]) {
      const available = utterance.chunks.reduce((sum, { length }) => sum + length, 0);
      if (available > 0 && (available >= this.#frameSize || utterance.complete)) {
        if (!utterance.begun) facts.push({ type: 'started', utteranceId: utterance.id });
        utterance.begun = true;
        return { frame: this.#take(utterance), facts };
      }
      if (!utterance.complete) break;
      this.#utterances.shift();
      facts.push(ended(utterance, true));
    }
    return { frame: undefined, facts };
  }

  /** Drops everything. */
  clear(): PlaylistFact[] {
    const dropped = this.#utterances.splice(0);
    for (const { id, complete } of dropped) if (!complete) this.#cleared.add(id);
    for (const id of [...this.#cleared].slice(0, -clearedKept)) this.#cleared.delete(id);
    return dropped.map((utterance) => ended(utterance, false));
  }

  #take(utterance: Utterance): Int16Array {
    const frame = new Int16Array(this.#frameSize);
    let filled = 0;
    while (filled < frame.length) {
      const chunk = utterance.chunks[0];
      if (chunk === undefined) break;
      const part = chunk.subarray(0, frame.length - filled);
      frame.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) utterance.chunks.shift();
      else utterance.chunks[0] = chunk.subarray(part.length);
    }
    utterance.played += filled;
    return frame;
  }
}

function ended({ id, played }: Utterance, complete: boolean): PlaylistFact {
  return { type: 'ended', utteranceId: id, playedSamples: played, complete };
}
