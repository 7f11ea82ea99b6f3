import type { MessageId, SessionEventBody } from '@avatar-bridge/contracts';
import type { VendorEvent } from '../providers/vendor-event.ts';

export type Caption = Extract<SessionEventBody, { type: 'caption.updated' }>;
type VendorCaption = Extract<VendorEvent, { type: 'caption' }>;

/** Segments remembered after their end, so that a late word does not open them again. */
const remembered = 32;

/** Turns the vendor's captions into segments that grow, end once, and name the message they belong to. */
export class Captions {
  #open = new Map<string, Caption>();
  #ended = new Set<string>();
  #unnamed = 0;
  readonly #publish: (caption: Caption) => void;

  constructor(publish: (caption: Caption) => void) {
    this.#publish = publish;
  }

  update(caption: VendorCaption, messageId: MessageId | undefined): void {
    const { speaker, text, final } = caption;
    // Of a talk task, the vendor tells the user's words and the avatar's under the same id.
    const segmentId =
      caption.taskId === undefined
        ? this.#unnamedSegment(speaker)
        : speaker === 'avatar'
          ? caption.taskId
          : `user-${caption.taskId}`;
    if (this.#ended.has(segmentId)) return;
    const before = this.#open.get(segmentId);
    // a vendor that loses the end of a segment has begun the next
    if (!before) this.#end((open) => open.speaker === speaker);
    const owner = messageId ?? before?.messageId;
    const updated: Caption = {
      type: 'caption.updated',
      speaker,
      segmentId,
      text: text || (before?.text ?? ''),
      final,
      ...(owner && { messageId: owner }),
    };
    if (final) this.#close(updated);
    else this.#open.set(segmentId, updated);
    if (updated.text !== '') this.#publish(updated);
  }

  /** The avatar's words of a task, as far as they are known and not over. */
  textOf(taskId: string): string | undefined {
    return this.#open.get(taskId)?.text;
  }

  /** Ends what is open: nothing more will come of it. */
  finish(): void {
    this.#end(() => true);
  }

  #end(which: (caption: Caption) => boolean): void {
    for (const caption of this.#open.values()) {
      if (!which(caption)) continue;
      const ended = { ...caption, final: true };
      this.#close(ended);
      if (ended.text !== '') this.#publish(ended);
    }
  }

  #close(caption: Caption): void {
    this.#open.delete(caption.segmentId);
    this.#ended.add(caption.segmentId);
    if (this.#ended.size > remembered) this.#ended.delete(this.#ended.values().next().value ?? '');
  }

  #unnamedSegment(speaker: 'avatar' | 'user'): string {
    const open = [...this.#open.values()].find(
      (caption) => caption.speaker === speaker && caption.segmentId.startsWith('unnamed-'),
    );
    if (open) return open.segmentId;
    this.#unnamed += 1;
    return `unnamed-${this.#unnamed}`;
  }
}
