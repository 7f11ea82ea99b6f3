/** So many tasks are remembered of each sort. */
const limit = 32;

/** What was told of a task, epoch ms. */
export type EarlyTask = { started?: number; ended?: number };

/** The vendor's tasks that are none of the utterances it is known to hold. */
export class TaskMemory {
  /** Not known (yet): events may overtake the vendor's answer that names a task. */
  readonly #early = new Map<string, EarlyTask>();
  /** Over, or unwanted: events about them mean nothing any more. */
  readonly #past = new Set<string>();

  /** Whether the task was one of ours, and is over or unwanted. */
  isPast(taskId: string): boolean {
    return this.#past.has(taskId);
  }

  isOver(taskId: string | undefined): void {
    if (taskId === undefined) return;
    this.#past.add(taskId);
    if (this.#past.size > limit) this.#past.delete(this.#past.keys().next().value ?? '');
  }

  remember(taskId: string, what: EarlyTask): void {
    if (this.isPast(taskId)) return;
    this.#early.set(taskId, { ...this.#early.get(taskId), ...what });
    if (this.#early.size > limit) this.#early.delete(this.#early.keys().next().value ?? '');
  }

  /** What was told of a task before it was known. */
  take(taskId: string): EarlyTask {
    const early = this.#early.get(taskId);
    this.#early.delete(taskId);
    return early ?? {};
  }

  /** One that began since `at` (epoch ms) and of which nothing says that it is another. */
  beganSince(at: number, mayBe: (taskId: string) => boolean): string | undefined {
    const since = [...this.#early].filter(([, { started }]) => started !== undefined && started >= at);
    return since.find(([taskId]) => mayBe(taskId))?.[0];
  }

  /** None of those that are not known will be. */
  forget(): void {
    for (const taskId of this.#early.keys()) this.isOver(taskId);
    this.#early.clear();
  }
}
