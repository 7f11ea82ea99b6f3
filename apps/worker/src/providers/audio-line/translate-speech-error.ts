import {
  CancelledError as CancelledSpeechError,
  RetryableSpeechError,
  TerminalSpeechError,
} from '@avatar-bridge/speech';
import {
  CancelledError,
  ProviderError,
  RetryableProviderError,
  TerminalProviderError,
} from '../provider-errors.ts';

/** What a synthesizer's failure means for whoever wanted to be heard. */
export function translateSpeechError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof CancelledSpeechError) return new CancelledError({ cause: error });
  if (error instanceof TerminalSpeechError) {
    // another text may be said all the same
    const ofTheText = error.code === 'bad-request' || error.code === 'unsupported-language';
    return new TerminalProviderError(ofTheText ? 'bad-request' : 'speech-unavailable', error.message, {
      cause: error,
    });
  }
  const retryAfter = error instanceof RetryableSpeechError ? error.retryAfterMs : undefined;
  return new RetryableProviderError(
    'speech-unavailable',
    error instanceof RetryableSpeechError ? error.message : 'The text could not be made into sound',
    { cause: error, ...(retryAfter !== undefined && { retryAfter }) },
  );
}
