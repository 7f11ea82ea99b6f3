type Reader<T> = ReadableStreamDefaultReader<T>;

/**
 * Reads streams of frames one after the other: a new one takes over at its first frame, and the former one
 * goes on until then. The SDK does not end streams with their tracks, so each has to be ended here. `K` is
 * what a stream is a stream of.
 */
export class Intake<K, T> {
  /** Times that a stream took over from another. */
  switches = 0;
  readonly #open: (key: K) => ReadableStream<T>;
  readonly #onFrame: (frame: T) => void;
  readonly #onError: (error: unknown) => void;
  readonly #readers = new Map<K, Reader<T>>();
  #current: Reader<T> | undefined;

  constructor(options: {
    open(key: K): ReadableStream<T>;
    onFrame(frame: T): void;
    onError(error: unknown): void;
  }) {
    this.#open = (key) => options.open(key);
    this.#onFrame = (frame) => options.onFrame(frame);
    this.#onError = (error) => options.onError(error);
  }

  /** `taken` is called when the stream takes over. Feeding the same again does nothing. */
  feed(key: K, taken?: () => void): void {
    if (this.#readers.has(key)) return;
    const reader = this.#open(key).getReader();
    this.#readers.set(key, reader);
    this.#read(reader, taken).catch(this.#onError);
  }

  end(key: K): void {
    const reader = this.#readers.get(key);
    this.#readers.delete(key);
    reader?.cancel().catch(this.#onError);
  }

  close(): void {
    for (const key of this.#readers.keys()) this.end(key);
  }

  async #read(reader: Reader<T>, taken: (() => void) | undefined): Promise<void> {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (reader !== this.#current) {
        this.#takeOver(reader);
        taken?.();
      }
      this.#onFrame(next.value);
    }
  }

  #takeOver(reader: Reader<T>): void {
    if (this.#current !== undefined) this.switches++;
    this.#current = reader;
    // Maps keep the order of insertion: those before this one are older.
    for (const [key, other] of this.#readers) {
      if (other === reader) return;
      this.end(key);
    }
  }
}
