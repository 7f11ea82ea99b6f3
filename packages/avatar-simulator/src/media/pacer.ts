/** Something that is due again and again. `tick` must move `due` (ms, performance.now) ahead. */
export type Paced = { due: number; tick(): void };

/** Streams that are due within this many ms are served by one wake-up. */
const grid = 5;

/** One timer for all streams of the process, so that many avatars cost few wake-ups. Idle without streams. */
export class Pacer {
  readonly #streams = new Set<Paced>();
  #timer: NodeJS.Timeout | undefined;

  add(stream: Paced): void {
    this.#streams.add(stream);
    this.#arm();
  }

  remove(stream: Paced): void {
    this.#streams.delete(stream);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#streams.size === 0) return;
    let due = Infinity;
    for (const stream of this.#streams) due = Math.min(due, stream.due);
    const wakeAt = Math.ceil(due / grid) * grid;
    this.#timer = setTimeout(() => this.#wake(), Math.max(1, wakeAt - performance.now()));
  }

  #wake(): void {
    try {
      for (const stream of this.#streams)
        while (stream.due <= performance.now() && this.#streams.has(stream)) stream.tick();
    } finally {
      this.#arm();
    }
  }
}
