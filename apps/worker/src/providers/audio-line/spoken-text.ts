import { timeWords, type Word } from '@avatar-bridge/speech';

/** What was heard of an utterance at a time: its sentences with the times of their words. */
export class SpokenText {
  #words: Word[] = [];
  /** Words of the sentence whose voice tells no times are placed when its length is known. */
  #open: { text: string; fromMs: number; timed: boolean } | undefined;

  begin(sentence: string, fromMs: number): void {
    this.#open = { text: sentence, fromMs, timed: false };
  }

  /** Times count from the sentence's start. */
  add(words: readonly Word[]): void {
    if (!this.#open || words.length === 0) return;
    const { fromMs } = this.#open;
    this.#open.timed = true;
    for (const { text, atMs } of words) this.#words.push({ text, atMs: atMs + fromMs });
  }

  /** The sentence's sound ends at `endMs`. */
  end(endMs: number): void {
    if (this.#open && !this.#open.timed)
      this.#words.push(...timeWords(this.#open.text, [{ startMs: this.#open.fromMs, endMs }]));
    this.#open = undefined;
  }

  heardAt(ms: number): string {
    return this.#words
      .filter(({ atMs }) => atMs <= ms)
      .map(({ text }) => text)
      .join(' ');
  }

  get whole(): string {
    return this.heardAt(Number.POSITIVE_INFINITY);
  }
}
