import { hasSpeakableText } from '@avatar-bridge/speech';
import type { Logger } from 'pino';
import { CancelledError, TerminalProviderError } from '../providers/provider-errors.ts';
import type { Question, Responder } from './responder.ts';
import { sentencesOf } from './sentences.ts';

/**
 * The sentences of an answer, as they come. One that breaks off is said as far as it came: it cannot be gone on with.
 *
 * @throws ProviderError as the responder does, before the first sentence; TerminalProviderError when the answer is empty
 */
export async function* reply(
  responder: Responder,
  question: Question,
  { language, logger }: { language?: string | undefined; logger: Logger },
): AsyncGenerator<string, void, undefined> {
  let said = false;
  try {
    for await (const sentence of sentencesOf(responder.answer(question), language)) {
      said ||= hasSpeakableText(sentence);
      yield sentence;
    }
  } catch (error) {
    if (!said || error instanceof CancelledError) throw error;
    logger.warn({ err: error }, 'an answer broke off');
  }
  if (!said) throw new TerminalProviderError('bad-request', 'The responder gave no answer that can be said');
}
