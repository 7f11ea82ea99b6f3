type Speaker = 'avatar' | 'user';
type Caption = { type: 'caption'; taskId?: string; speaker: Speaker; text: string; final: boolean };

/** Segments remembered; older ones are never spoken of again. */
const remembered = 16;

/** Puts the pieces of text that the vendor sends together to captions that grow until they are final. */
export class Captions {
  readonly #segments = new Map<string, { text: string; final: boolean }>();

  /** One more piece of what is said; undefined when the segment was final already. */
  grow(speaker: Speaker, taskId: string | undefined, piece: string): Caption | undefined {
    const key = keyOf(speaker, taskId);
    const segment = this.#segments.get(key) ?? { text: '', final: false };
    // Without an id the next turn can't be told from a late piece, so it counts as the next turn.
    const over = segment.final && taskId !== undefined;
    if (over || piece === '') return undefined;
    const text = segment.final ? piece : segment.text + piece;
    this.#remember(key, { text, final: false });
    return caption(speaker, taskId, text, false);
  }

  /** Nothing more comes; undefined when nothing was said or it was final already. */
  finish(speaker: Speaker, taskId: string | undefined): Caption | undefined {
    const key = keyOf(speaker, taskId);
    const segment = this.#segments.get(key);
    if (!segment || segment.final) return undefined;
    this.#remember(key, { ...segment, final: true });
    return caption(speaker, taskId, segment.text, true);
  }

  #remember(key: string, segment: { text: string; final: boolean }): void {
    this.#segments.delete(key);
    this.#segments.set(key, segment);
    const [oldest] = this.#segments.keys();
    if (this.#segments.size > remembered && oldest !== undefined) this.#segments.delete(oldest);
  }
}

function keyOf(speaker: Speaker, taskId: string | undefined): string {
  return `${speaker}:${taskId ?? ''}`;
}

function caption(speaker: Speaker, taskId: string | undefined, text: string, final: boolean): Caption {
  return { type: 'caption', ...(taskId !== undefined && { taskId }), speaker, text, final };
}
