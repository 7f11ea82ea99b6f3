import type { Turn } from './responder.ts';

/** Of a conversation, this much is remembered: its newest turns. */
const longest = { turns: 40, characters: 12_000 };

/** What was said between a user and the avatar, as far as the avatar was heard. */
export class Conversation {
  #turns: Turn[] = [];

  get turns(): readonly Turn[] {
    return this.#turns;
  }

  add(role: Turn['role'], text: string): void {
    const last = this.#turns.at(-1);
    // two sentences of one speaker are one turn
    if (last?.role === role) this.#turns[this.#turns.length - 1] = { role, text: `${last.text} ${text}` };
    else this.#turns.push({ role, text });
    let characters = 0;
    const first = this.#turns.findLastIndex((turn, index) => {
      characters += turn.text.length;
      return characters > longest.characters || this.#turns.length - index > longest.turns;
    });
    this.#turns = this.#turns.slice(first + 1);
  }
}
