import { randomUUID } from 'node:crypto';
import type { AvatarSettings } from '@avatar-bridge/contracts';
import type { Logger } from 'pino';
import type { Conversation } from '../../responder/conversation.ts';
import { reply } from '../../responder/reply.ts';
import { AudioLine, type AudioLineOptions, oneSentence } from '../audio-line/audio-line.ts';
import type { SpeakResult, Utterance } from '../avatar-provider.ts';
import { TerminalProviderError } from '../provider-errors.ts';
import type { VendorEvent } from '../vendor-event.ts';
import type { OwnVoice } from './own-voice.ts';

/** How long speak() waits for the first sound before the utterance counts as taken, ms: an answer has to be thought of. */
const patienceMs = { repeat: 2_000, talk: 8_000 };

export type VoicedSpeechOptions = Omit<AudioLineOptions, 'synthesizer' | 'voice' | 'onSaid'> & {
  sessionId: string;
  avatar: AvatarSettings;
  ownVoice: OwnVoice;
  logger: Logger;
};

/** A session's speech in our own voice: what is said as it is, and answers to what is asked. */
export class VoicedSpeech {
  readonly line: AudioLine;
  readonly #options: VoicedSpeechOptions;
  readonly #conversation: Conversation;
  /** Questions whose answers are being said, by utterance. */
  readonly #asked = new Map<string, string>();
  #openingId: string | undefined;

  constructor(options: VoicedSpeechOptions) {
    const { avatar, ownVoice, sessionId } = options;
    this.#options = options;
    ownVoice.synthesizer.prepare?.();
    this.#conversation = ownVoice.conversations.of(sessionId);
    const voice = voiceOf(avatar, ownVoice.synthesizer.name);
    this.line = new AudioLine({
      ...options,
      synthesizer: ownVoice.synthesizer,
      onEvent: (event) => options.onEvent(this.#opened(event)),
      voice: {
        ...(voice !== undefined && { voice }),
        ...(avatar.language !== undefined && { language: avatar.language }),
        ...(avatar.voice.rate !== undefined && { rate: avatar.voice.rate }),
      },
      onSaid: (text, id) => this.#remember(text, id),
    });
  }

  /** @throws ProviderError as AudioLine.speak() does */
  async speak({ text, mode, signal }: Utterance): Promise<SpeakResult> {
    const taskId = randomUUID();
    const sentences = mode === 'talk' ? this.#answer(taskId, text, signal) : oneSentence(text);
    try {
      await this.line.speak(taskId, sentences, { signal, patienceMs: patienceMs[mode] });
    } catch (error) {
      this.#asked.delete(taskId);
      throw error;
    }
    return { taskId };
  }

  /** Says what a session begins with, unless something was said in it before. */
  open(): void {
    const { avatar, logger } = this.#options;
    if (avatar.openingText === undefined || this.#conversation.turns.length > 0) return;
    const { signal } = new AbortController();
    this.#openingId = randomUUID();
    this.line
      .speak(this.#openingId, oneSentence(avatar.openingText), { signal, patienceMs: patienceMs.repeat })
      .catch((error: unknown) => logger.warn({ err: error }, 'the opening text was not said'));
  }

  /** What is said without having been asked for is named as such. */
  #opened(event: VendorEvent): VendorEvent {
    const isSpeech = event.type === 'speech.started' || event.type === 'speech.ended';
    return isSpeech && event.taskId === this.#openingId ? { ...event, foreign: true } : event;
  }

  #answer(taskId: string, text: string, signal: AbortSignal): AsyncIterable<string> {
    const { avatar, ownVoice, logger } = this.#options;
    if (!ownVoice.responder)
      throw new TerminalProviderError(
        'bad-request',
        'There is no responder to answer this: set BRIDGE_RESPONDER_URL, or use repeat',
      );
    this.#asked.set(taskId, text);
    const question = {
      turns: [...this.#conversation.turns, { role: 'user' as const, text }],
      knowledge: avatar.knowledgeBase,
      signal,
    };
    return reply(ownVoice.responder, question, { language: avatar.language, logger });
  }

  #remember(text: string, id: string): void {
    const question = this.#asked.get(id);
    this.#asked.delete(id);
    if (question !== undefined) this.#conversation.add('user', question);
    if (text !== '') this.#conversation.add('assistant', text);
  }
}

/** A voice id of an avatar vendor means nothing to a speech service; to the embedded voice, any text is a voice. */
function voiceOf({ voice }: AvatarSettings, synthesizer: string): string | undefined {
  const vendors = /^[\da-f]{32}$|^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
  return voice.id !== undefined && synthesizer !== 'embedded' && vendors.test(voice.id)
    ? undefined
    : voice.id;
}
