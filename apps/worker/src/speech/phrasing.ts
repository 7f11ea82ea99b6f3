import type { AvatarSettings } from '@avatar-bridge/contracts';
import type { Utterance } from '@avatar-bridge/session-store';
import { hasSpeakableText } from '@avatar-bridge/speech';
import { type AvatarProvider, canTalk, type ProviderCapabilities } from '../providers/avatar-provider.ts';
import { type PieceText, split, splitInherited, type SplitOptions } from './pieces.ts';
import type { MessageCommand, Speech, Unspoken } from './speech.ts';

/** How messages are put to the provider in use: in which pieces, and whether at all. */
export class Phrasing {
  readonly #avatar: AvatarSettings;
  #capabilities: ProviderCapabilities;
  #provider: string | undefined;

  /** @param capabilities of the provider that is tried first */
  constructor(avatar: AvatarSettings, capabilities: ProviderCapabilities) {
    this.#avatar = avatar;
    this.#capabilities = capabilities;
  }

  /** True when it is another one than before. */
  use({ name, capabilities }: Pick<AvatarProvider, 'name' | 'capabilities'>): boolean {
    const another = name !== this.#provider;
    this.#provider = name;
    this.#capabilities = capabilities;
    return another;
  }

  pieces({ text, mode }: MessageCommand): PieceText[] {
    return split(text, this.#options(mode));
  }

  /** Those of a message that a former owner began, with what it wrote down of them. */
  inherited({ text, mode }: Pick<MessageCommand, 'text' | 'mode'>, records: readonly Utterance[]) {
    return splitInherited(text, records, this.#options(mode));
  }

  /** What is left of a message, anew, if the provider in use does not take it as it is. */
  again({ message, pieces }: Speech): PieceText[] | undefined {
    const { maxUtteranceLength } = this.#capabilities;
    const rest = pieces.filter(({ state }) => state.name === 'waiting');
    if (rest.every(({ text }) => text.length <= maxUtteranceLength)) return undefined;
    const index = Math.max(...pieces.map((piece) => piece.index)) + 1;
    return split(message.text, this.#options(message.mode), { from: rest[0]?.span[0] ?? 0, index });
  }

  /** Why a message can't be said. `attached`: a provider is in use, so it is known who would answer. */
  unsayable({ message: { mode, text } }: Speech, { attached }: { attached: boolean }): Unspoken | undefined {
    if (mode === 'repeat') {
      const reason = 'There is nothing in it that can be said: it has no letter and no digit';
      return hasSpeakableText(text) ? undefined : { state: 'failed', code: 'no-speech', reason };
    }
    if (!attached || canTalk(this.#capabilities, this.#avatar)) return undefined;
    const how = this.#capabilities.modes.includes('talk')
      ? 'without avatar.knowledgeBase or avatar.knowledgeBaseId'
      : 'at all';
    const reason = `The provider in use, ${this.#provider ?? ''}, can't answer a text ${how}: post it with mode repeat`;
    return { state: 'failed', code: 'talk-unsupported', reason };
  }

  #options(mode: MessageCommand['mode']): SplitOptions {
    const { maxUtteranceLength: maxLength } = this.#capabilities;
    const { language, voice } = this.#avatar;
    return { mode, maxLength, language, rate: voice.rate };
  }
}
