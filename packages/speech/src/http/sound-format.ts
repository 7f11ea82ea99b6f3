import { TerminalSpeechError } from '../errors.ts';
import { sampleRateHz } from '../speech-synthesizer.ts';

/** Bytes at the start of an answer that tell what it is; a WAV header may be longer. */
export const tellingBytes = 64;
const longestHeader = 16_384;

/** `undefined` when more of it is needed to tell. `skip` are the bytes before the first sample. */
export type Format = { skip: number } | undefined;

/**
 * Where the samples begin in an answer that should be PCM of 16 bits, mono, at 24 kHz, and may be a WAV file of it.
 *
 * @throws TerminalSpeechError `wrong-format` when it is anything else that can be recognised
 */
export function readFormat(
  head: Buffer,
  { contentType, ended }: { contentType: string; ended: boolean },
): Format {
  const declared = declaredRate(contentType);
  if (declared !== undefined && declared !== sampleRateHz)
    throw wrong(`its content type says ${declared} Hz`);
  if (head.length < tellingBytes && !ended) return undefined;
  const magic = head.toString('latin1', 0, 4);
  if (magic === 'RIFF') return readWave(head, ended);
  if (magic === 'OggS') throw wrong('it is an Ogg file');
  if (magic === 'fLaC') throw wrong('it is a FLAC file');
  if (magic === 'caff' || magic === 'FORM') throw wrong(`it is a ${magic === 'caff' ? 'CAF' : 'AIFF'} file`);
  const mpeg = /audio\/(mpeg|mp3|aac)/i.test(contentType);
  if (magic.startsWith('ID3') || (mpeg && head[0] === 0xff && (head[1] ?? 0) >= 0xe0))
    throw wrong('it is an MP3 or AAC file');
  const text = /^(text\/|application\/(json|problem\+json|xml|xhtml))/i.test(contentType);
  if (text || looksLikeText(head)) throw wrong(`it is text (${contentType || 'without a content type'})`);
  return { skip: 0 };
}

function readWave(head: Buffer, ended: boolean): Format {
  let at = 12;
  let skip: number | undefined;
  while (skip === undefined && at + 8 <= head.length) {
    const id = head.toString('latin1', at, at + 4);
    const size = head.readUInt32LE(at + 4);
    if (id === 'data') skip = at + 8;
    else if (id === 'fmt ') {
      if (at + 24 > head.length) break;
      mustFit(head, at + 8);
    }
    at += 8 + size + (size % 2);
  }
  if (skip !== undefined) return { skip };
  if (ended || head.length > longestHeader) throw wrong('it is a WAV file without sound');
  return undefined;
}

function mustFit(head: Buffer, at: number): void {
  const [format, channels] = [head.readUInt16LE(at), head.readUInt16LE(at + 2)];
  const [rate, bits] = [head.readUInt32LE(at + 4), head.readUInt16LE(at + 14)];
  const pcm = format === 1 || format === 0xfffe;
  if (!pcm || channels !== 1 || rate !== sampleRateHz || bits !== 16)
    throw wrong(
      `it is a WAV file of ${rate} Hz, ${channels} channels, ${bits} bits${pcm ? '' : `, format ${format}`}`,
    );
}

function declaredRate(contentType: string): number | undefined {
  const rate = /;\s*rate\s*=\s*"?(\d+)/i.exec(contentType)?.[1];
  return rate === undefined ? undefined : Number(rate);
}

/** Loud samples can be printable characters, but not 64 bytes of them that begin as JSON or HTML do. */
function looksLikeText(head: Buffer): boolean {
  const start = head.toString('latin1', 0, tellingBytes);
  return /^\s*[{[<]/.test(start) && /^[\s\x20-\x7e]+$/.test(start);
}

function wrong(what: string): TerminalSpeechError {
  return new TerminalSpeechError(
    'wrong-format',
    `The speech service's answer is no PCM of ${sampleRateHz} Hz, 16 bits, mono: ${what}`,
  );
}
