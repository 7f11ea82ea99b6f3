import type { Session } from '@avatar-bridge/contracts';
import type { Caption } from '../speech/captions.ts';

/** ms for which captions are gathered on their way to the event log; the stage has every word at once. */
const gatherMs = 2_000;
/** Likewise where the log is what viewers' captions are made of. */
const v1GatherMs = 300;

export function gatherMsOf({ dialect }: Pick<Session, 'dialect'>): number {
  return dialect === 'heygen-v1' ? v1GatherMs : gatherMs;
}

type Segment = { written: string; newest: Caption };

/**
 * Writes captions to the event log, where every word would be an entry that repeats all before it: the
 * beginning of a segment at once, then now and then what was added, and in the end the whole text. Viewers on
 * the stage have each word as it comes.
 */
export class CaptionLog {
  readonly #segments = new Map<string, Segment>();
  readonly #append: (caption: Caption) => void;
  readonly #gatherMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param gatherMs for how long words are gathered before they are written down together */
  constructor(append: (caption: Caption) => void, gatherMs: number) {
    this.#append = append;
    this.#gatherMs = gatherMs;
  }

  add(caption: Caption): void {
    const segment = this.#segments.get(caption.segmentId);
    if (caption.final) {
      this.#segments.delete(caption.segmentId);
      this.#append(caption);
    } else if (segment) {
      segment.newest = caption;
    } else {
      this.#segments.set(caption.segmentId, { written: caption.text, newest: caption });
      this.#append(caption);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#segments.size > 0) {
      this.#timer ??= setTimeout(() => this.#write(), this.#gatherMs).unref();
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #write(): void {
    this.#timer = undefined;
    for (const segment of this.#segments.values()) {
      const { written, newest } = segment;
      if (newest.text === written) continue;
      segment.written = newest.text;
      this.#append(newest.text.startsWith(written) ? added(newest, written.length) : newest);
    }
    this.#schedule();
  }
}

function added(caption: Caption, from: number): Caption {
  return { ...caption, from, text: caption.text.slice(from) };
}
