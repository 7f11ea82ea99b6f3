import {
  RetryableSpeechError,
  type SpeechChunk,
  type SpeechRequest,
  type SpeechSynthesizer,
} from '@avatar-bridge/speech';
import type { Logger } from 'pino';

const maxRepeats = 2;

/**
 * Speech that goes on where the synthesizer broke off: the text is made once more, and what was given out of it already is
 * left out. A voice that says a text differently each time is then a few hundred ms off at the seam.
 *
 * @throws as the synthesizer does
 */
export async function* unbrokenSpeech(
  synthesizer: SpeechSynthesizer,
  request: SpeechRequest,
  logger: Logger,
): AsyncGenerator<SpeechChunk, void, undefined> {
  let given = 0;
  for (let repeat = 0; ; repeat++) {
    let leftOut = 0;
    const before = given;
    try {
      for await (const chunk of synthesizer.synthesize(request)) {
        const skip = Math.min(chunk.pcm.length, before - leftOut);
        leftOut += skip;
        if (skip === chunk.pcm.length) continue;
        given += chunk.pcm.length - skip;
        yield skip === 0 ? chunk : { pcm: chunk.pcm.subarray(skip) };
      }
      return;
    } catch (error) {
      if (!(error instanceof RetryableSpeechError) || given === 0 || repeat >= maxRepeats) throw error;
      logger.warn({ err: error, repeat: repeat + 1 }, 'a speech broke off and is made once more');
    }
  }
}
