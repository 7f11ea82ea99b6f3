/** Work that goes on when nobody waits for it any more; none of it rejects. */
export class Background {
  readonly #work = new Set<Promise<unknown>>();

  add(work: Promise<unknown>): void {
    this.#work.add(work);
    void work.then(() => this.#work.delete(work));
  }

  /** Resolves when all that goes on now is done. */
  async done(): Promise<void> {
    await Promise.all(this.#work);
  }
}
