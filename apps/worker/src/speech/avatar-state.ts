import type { AvatarState } from '@avatar-bridge/contracts';
import type { Piece } from './speech.ts';

/** Tells what the avatar seems to be doing to those who watch, whenever that changes. */
export class AvatarStateTeller {
  #state: AvatarState | undefined;
  readonly #tell: (state: AvatarState) => void;

  constructor(tell: (state: AvatarState) => void) {
    this.#tell = tell;
  }

  /** `held` is what the vendor has, `foreign` whether it says what it was not given. */
  look(of: { attached: boolean; held: readonly Piece[]; foreign: boolean }): void {
    const state = of.attached ? this.#doing(of) : 'initializing';
    if (state === this.#state) return;
    this.#state = state;
    this.#tell(state);
  }

  #doing({ held, foreign }: { held: readonly Piece[]; foreign: boolean }): AvatarState {
    if (foreign || held.some(({ state }) => state.name === 'speaking')) return 'speaking';
    if (held.some(({ speech }) => speech.message.mode === 'talk')) return 'thinking';
    // between two utterances
    return held.length > 0 && this.#state === 'speaking' ? 'speaking' : 'listening';
  }
}
