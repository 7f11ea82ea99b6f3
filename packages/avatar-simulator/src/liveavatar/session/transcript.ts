import { now } from '../../clock.ts';
import { bounds } from '../../limits.ts';

/** One line; `at` is epoch ms. */
export type TranscriptLine = { role: 'user' | 'avatar'; text: string; at: number };

/** What was said in a session, as far as the vendor keeps it: FULL mode only. */
export class Transcript {
  #lines: TranscriptLine[] = [];

  add(role: TranscriptLine['role'], text: string): void {
    if (text === '') return;
    this.#lines.push({ role, text, at: now() });
    if (this.#lines.length > bounds.tasksPerSession) this.#lines.shift();
  }

  list(): readonly TranscriptLine[] {
    return this.#lines;
  }

  clear(): void {
    this.#lines = [];
  }
}
