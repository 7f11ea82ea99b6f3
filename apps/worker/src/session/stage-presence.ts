import { now } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { Speaker } from '../speech/speaker.ts';
import type { Journal } from './journal.ts';

export type StagePresenceParts = {
  journal: Pick<Journal, 'append'>;
  metrics: Pick<Metrics, 'stageLost' | 'stageMuted'>;
  speaker: Pick<Speaker, 'mute'>;
};

/** Tells what others do to the avatar on the stage, and has nothing said while nobody can hear it. */
export class StagePresence {
  readonly #parts: StagePresenceParts;
  #lostAt: number | undefined;

  constructor(parts: StagePresenceParts) {
    this.#parts = parts;
  }

  /** @param reason as LiveKit, or the relay, names it */
  lost(reason: string): void {
    this.#lostAt ??= now();
    this.#parts.metrics.stageLost(reason);
    this.#parts.journal.append({ type: 'stage.lost', reason });
  }

  /**
   * The avatar is on the stage: for the first time, again, or with another vendor session on the same tracks.
   */
  reached({ muted }: { muted: boolean }): void {
    this.#parts.speaker.mute(muted);
    if (this.#lostAt === undefined) return;
    this.#parts.journal.append({ type: 'stage.back', awayMs: Math.round(now() - this.#lostAt) });
    this.#lostAt = undefined;
  }

  muted(kind: 'audio' | 'video', muted: boolean): void {
    if (muted) this.#parts.metrics.stageMuted(kind);
    if (kind === 'audio') this.#parts.speaker.mute(muted);
  }
}
