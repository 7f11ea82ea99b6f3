import { RetryableSpeechError } from '../errors.ts';
import { sampleRateHz } from '../speech-synthesizer.ts';
import { readFormat } from './sound-format.ts';

/** A sample below this (of 32,768) cannot be heard. */
const audible = 80;
/** Of the silence before the first sound, samples. */
const keptLead = sampleRateHz * 0.02;
/** Silence from the start that is taken for a broken voice, samples. */
const silenceBound = sampleRateHz * 10;
/** Samples a character may take at most, and an utterance whatever its length: what never ends is broken. */
const longest = { perCharacter: sampleRateHz * 2, start: sampleRateHz * 30 };

/**
 * Turns the bytes of an answer into samples, whatever the pieces they come in. Silence at the start is dropped; a single
 * byte left at the end, too.
 *
 * @throws TerminalSpeechError `wrong-format`; RetryableSpeechError `no-sound` when it is silent or empty, `cut-off` when it
 * does not end
 */
export async function* readSound(
  pieces: AsyncIterable<Uint8Array>,
  { contentType, characters }: { contentType: string; characters: number },
): AsyncGenerator<Int16Array, void, undefined> {
  let open: Buffer = Buffer.alloc(0);
  let known = false;
  let heard = false;
  let samples = 0;
  const limit = longest.start + characters * longest.perCharacter;
  const take = (ended: boolean): Int16Array | undefined => {
    if (!known) {
      const format = readFormat(open, { contentType, ended });
      if (!format) return undefined;
      open = open.subarray(format.skip);
      known = true;
    }
    const pcm = samplesOf(open);
    open = open.subarray(pcm.length * 2);
    samples += pcm.length;
    if (samples > limit)
      throw new RetryableSpeechError('cut-off', 'The speech service sends sound without end');
    if (heard || pcm.length === 0) return pcm;
    const first = pcm.findIndex((sample) => Math.abs(sample) >= audible);
    if (first < 0) return undefined;
    heard = true;
    return pcm.subarray(Math.max(0, first - keptLead));
  };
  for await (const piece of pieces) {
    open = open.length === 0 ? Buffer.from(piece) : Buffer.concat([open, piece]);
    const pcm = take(false);
    if (pcm && pcm.length > 0) yield pcm;
    if (!heard && samples > silenceBound) break;
  }
  if (open.length > 0 && !known) {
    const pcm = take(true);
    if (pcm && pcm.length > 0) yield pcm;
  }
  if (!heard)
    throw new RetryableSpeechError(
      'no-sound',
      samples === 0
        ? 'The speech service answered with nothing'
        : `The speech service answered with ${(samples / sampleRateHz).toFixed(1)} s of silence`,
    );
}

/** A copy, because samples must be aligned. */
function samplesOf(bytes: Buffer): Int16Array {
  const count = Math.floor(bytes.length / 2);
  return new Int16Array(Uint8Array.from(bytes.subarray(0, count * 2)).buffer);
}
