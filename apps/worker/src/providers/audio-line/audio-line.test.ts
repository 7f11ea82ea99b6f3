import {
  RetryableSpeechError,
  sampleRateHz,
  type SpeechChunk,
  type SpeechRequest,
  type SpeechSynthesizer,
  TerminalSpeechError,
} from '@avatar-bridge/speech';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { VendorEvent } from '../vendor-event.ts';
import { AudioLine, oneSentence } from './audio-line.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = { signal: new AbortController().signal, patienceMs: 2_000 };
/** ms of sound a word takes. */
const wordMs = 500;

/** Says each word for 500 ms, a word a chunk, at once. */
async function* words({ text, signal }: SpeechRequest): AsyncGenerator<SpeechChunk> {
  for (const [index, word] of text.split(' ').entries()) {
    signal.throwIfAborted();
    yield {
      pcm: new Int16Array((sampleRateHz * wordMs) / 1000),
      words: [{ text: word, atMs: index * wordMs }],
    };
  }
}

/** A line to a player that plays `latencyMs` after the first sound came. */
function lineTo({
  synthesize = words,
  latencyMs = 100,
  signs = true,
}: { synthesize?: SpeechSynthesizer['synthesize']; latencyMs?: number; signs?: boolean } = {}) {
  const log: string[] = [];
  const events: VendorEvent[] = [];
  const failures: Error[] = [];
  let held = 0;
  let playing: AbortController | undefined;
  const play = async (): Promise<void> => {
    if (playing) return;
    const run = new AbortController();
    playing = run;
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    if (!run.signal.aborted && signs) line.handle('started');
    while (!run.signal.aborted && held > 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      held -= 10;
    }
    if (run.signal.aborted) return;
    playing = undefined;
    if (signs) line.handle('ended');
  };
  const line: AudioLine = new AudioLine({
    synthesizer: { name: 'test', synthesize, close: () => Promise.resolve() },
    voice: {},
    sink: {
      append: (id, pcm) => {
        const ms = (pcm.length / sampleRateHz) * 1000;
        log.push(`${id} ${ms}`);
        held += ms;
        void play();
        return Promise.resolve();
      },
      commit: (id) => Promise.resolve(void log.push(`${id} end`)),
      seal: (id) => Promise.resolve(void log.push(`${id} seal`)),
      clear: () => {
        log.push('clear');
        held = 0;
        playing?.abort();
        playing = undefined;
        setTimeout(() => line.handle('cleared'), 50);
        return Promise.resolve();
      },
    },
    timing: { endGraceMs: 2_000, clearBoundMs: 1_500 },
    onEvent: (event) => events.push(event),
    onFailure: (error) => failures.push(error),
    logger: pino({ level: 'silent' }),
  });
  return {
    line,
    log,
    events,
    failures,
    held: () => held,
    speech: () =>
      events.flatMap((event) =>
        'taskId' in event && event.type !== 'caption' ? [`${event.type} ${event.taskId}`] : [],
      ),
    captions: () =>
      events.flatMap((event) => (event.type === 'caption' ? [`${event.text}${event.final ? '|' : ''}`] : [])),
  };
}

const text = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(' ');

test('hands over a short beginning, then more, and tells start, captions and end', async () => {
  const { line, log, speech, captions } = lineTo();
  await line.speak('a', oneSentence(text(4)), never);
  expect(log[0]).toBe('a 400');
  await vi.advanceTimersByTimeAsync(2_300);
  expect(log).toEqual(['a 400', 'a 1000', 'a 600', 'a end']);
  expect(speech()).toEqual(['speech.started a', 'speech.ended a']);
  expect(captions()).toEqual(['w0', 'w0 w1', 'w0 w1 w2', 'w0 w1 w2 w3', 'w0 w1 w2 w3|']);
});

test('is never more than three seconds ahead', async () => {
  const { line, log, held, speech } = lineTo();
  await line.speak('a', oneSentence(text(40)), never);
  for (let ms = 0; ms < 20_000; ms += 100) {
    await vi.advanceTimersByTimeAsync(100);
    expect(held()).toBeLessThanOrEqual(3_100);
  }
  await vi.advanceTimersByTimeAsync(500);
  expect(log.at(-1)).toBe('a end');
  expect(speech()).toEqual(['speech.started a', 'speech.ended a']);
});

test('says the next utterance without a rest', async () => {
  const { line, log, speech } = lineTo();
  await Promise.all([
    line.speak('a', oneSentence(text(2)), never),
    line.speak('b', oneSentence(text(2)), never),
  ]);
  await vi.advanceTimersByTimeAsync(2_300);
  expect(log).toEqual(['a 400', 'a 600', 'a end', 'b 1000', 'b end']);
  expect(speech()).toEqual(['speech.started a', 'speech.ended a', 'speech.started b', 'speech.ended b']);
});

test('an interrupt stops what is said and made, and the next text waits until the player is clear', async () => {
  const { line, log, speech, captions } = lineTo();
  await line.speak('a', oneSentence(text(40)), never);
  await vi.advanceTimersByTimeAsync(1_000);
  await line.interrupt();
  const before = log.length;
  void line.speak('b', oneSentence(text(1)), never);
  await vi.advanceTimersByTimeAsync(40);
  expect(log.slice(before - 1)).toEqual(['clear']);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(log.slice(before)).toEqual(['b 400', 'b 100', 'b end']);
  expect(speech()).toEqual(['speech.started a', 'speech.ended a', 'speech.started b', 'speech.ended b']);
  expect(captions()).toContain('w0 w1|');
});

test('a text with nothing to say is refused', async () => {
  const { line, log } = lineTo();
  await expect(line.speak('a', oneSentence('🙂 …'), never)).rejects.toMatchObject({ code: 'bad-request' });
  expect(log).toEqual([]);
});

test('says the sentences of an answer as they come, and seals the sound while it waits for more', async () => {
  const { line, log, speech, captions } = lineTo();
  async function* answer(): AsyncGenerator<string> {
    yield 'One two.';
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    yield 'Three.';
  }
  await line.speak('a', answer(), never);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(log).toEqual(['a 400', 'a 600', 'a seal', 'a 500', 'a end']);
  expect(speech()).toEqual(['speech.started a', 'speech.ended a']);
  expect(captions().at(-1)).toBe('One two. Three.|');
});

test('goes by the clock when signs of the end are missing, and claims nothing without a start', async () => {
  const { line, speech } = lineTo({ signs: false });
  await line.speak('a', oneSentence(text(2)), never);
  await vi.advanceTimersByTimeAsync(200);
  line.handle('started');
  await vi.advanceTimersByTimeAsync(2_900);
  expect(speech()).toEqual(['speech.started a']);
  await vi.advanceTimersByTimeAsync(300);
  expect(speech()).toEqual(['speech.started a', 'speech.ended a']);
  await line.speak('b', oneSentence(text(2)), never);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(speech()).toHaveLength(2);
  await line.speak('c', oneSentence(text(2)), never);
});

test.for([
  [new TerminalSpeechError('unsupported-language', 'no Klingon'), 'TerminalProviderError', 'bad-request'],
  [new TerminalSpeechError('bad-request', 'too odd'), 'TerminalProviderError', 'bad-request'],
  [new TerminalSpeechError('unauthorized', 'wrong key'), 'TerminalProviderError', 'speech-unavailable'],
  [new TerminalSpeechError('wrong-format', 'an MP3'), 'TerminalProviderError', 'speech-unavailable'],
  [
    new RetryableSpeechError('rate-limited', 'slower', { retryAfterMs: 700 }),
    'RetryableProviderError',
    'speech-unavailable',
  ],
  [new Error('a bug'), 'RetryableProviderError', 'speech-unavailable'],
] as const)('a voice that fails before its first sound refuses the text: %s', async ([error, name, code]) => {
  let fails = true;
  const { line, log, failures } = lineTo({
    synthesize: async function* (request) {
      if (fails) throw error;
      yield* words(request);
    },
  });
  await expect(line.speak('a', oneSentence('Hello.'), never)).rejects.toMatchObject({ name, code });
  fails = false;
  await line.speak('b', oneSentence('Hello.'), never);
  expect(log[0]).toBe('b 400');
  expect(failures).toEqual([]);
});

test('a voice that breaks off for good in the middle makes the line useless', async () => {
  const { line, failures } = lineTo({
    synthesize: async function* () {
      yield { pcm: new Int16Array(sampleRateHz) };
      throw new RetryableSpeechError('cut-off', 'it broke off');
    },
  });
  await line.speak('a', oneSentence('Hello.'), never);
  await vi.advanceTimersByTimeAsync(100);
  expect(failures).toMatchObject([{ code: 'speech-unavailable' }]);
});

test('an utterance counts as taken after two seconds, and its failure then concerns the line', async () => {
  const { line, failures, log } = lineTo({
    // oxlint-disable-next-line require-yield -- nothing is ever said
    synthesize: async function* () {
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      throw new RetryableSpeechError('timeout', 'nothing came');
    },
  });
  const taken = vi.fn<() => void>();
  void line.speak('a', oneSentence('Hello.'), never).then(taken);
  await vi.advanceTimersByTimeAsync(1_900);
  expect(taken).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(taken).toHaveBeenCalledOnce();
  expect(failures).toEqual([]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(failures).toHaveLength(1);
  expect(log).toEqual([]);
});

test('an aborted text is not said, and hinders none behind it', async () => {
  const { line, log } = lineTo({
    synthesize: async function* (request) {
      if (request.text === 'Slow.') await new Promise((resolve) => setTimeout(resolve, 1_000));
      yield* words(request);
    },
  });
  const controller = new AbortController();
  const slow = line.speak('a', oneSentence('Slow.'), { signal: controller.signal, patienceMs: 2_000 });
  controller.abort();
  await expect(slow).rejects.toMatchObject({ code: 'cancelled' });
  await line.speak('b', oneSentence('Hello.'), never);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(log).toEqual(['b 400', 'b 100', 'b end']);
});

test('hands nothing over while the player is away', async () => {
  const { line, log } = lineTo();
  line.pause();
  const speaking = line.speak('a', oneSentence(text(1)), never);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(log).toEqual([]);
  line.resume();
  await speaking;
  expect(log[0]).toBe('a 400');
});

test('says nothing more once it is closed', async () => {
  const { line, log, events } = lineTo();
  await line.speak('a', oneSentence(text(40)), never);
  line.close();
  line.close();
  const [told, handed] = [events.length, log.length];
  await vi.advanceTimersByTimeAsync(5_000);
  expect([events.length, log.length]).toEqual([told, handed]);
  await expect(line.speak('b', oneSentence('Hello.'), never)).rejects.toMatchObject({ code: 'cancelled' });
  expect(vi.getTimerCount()).toBe(0);
});
