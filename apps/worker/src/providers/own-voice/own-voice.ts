import type { MessageMode } from '@avatar-bridge/contracts';
import type { SpeechSynthesizer } from '@avatar-bridge/speech';
import type { Responder } from '../../responder/responder.ts';
import type { ProviderCapabilities } from '../avatar-provider.ts';
import { Conversations } from './conversations.ts';

/** What speaks, and perhaps answers, for avatars that bring no voice. One for all sessions of a worker. */
export class OwnVoice {
  readonly synthesizer: SpeechSynthesizer;
  readonly responder: Responder | undefined;
  readonly conversations = new Conversations();

  constructor({
    synthesizer,
    responder,
  }: {
    synthesizer: SpeechSynthesizer;
    responder?: Responder | undefined;
  }) {
    this.synthesizer = synthesizer;
    this.responder = responder;
  }

  get capabilities(): Omit<ProviderCapabilities, 'uuidAvatars' | 'defaultAvatar'> {
    const modes: readonly MessageMode[] = this.responder ? ['repeat', 'talk'] : ['repeat'];
    // services take 4,096 characters and more; one playing and one waiting leave no gap between sentences
    return {
      modes,
      talkNeedsKnowledge: false,
      maxUtteranceLength: 1_000,
      queueDepth: 2,
      finishesAlone: false,
      rollover: false,
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.synthesizer.close(), this.responder?.close()]);
  }
}
