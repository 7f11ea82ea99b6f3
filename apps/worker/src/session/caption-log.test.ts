import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Caption } from '../speech/captions.ts';
import { CaptionLog } from './caption-log.ts';

const messageId = `msg_${'0'.repeat(32)}`;
let written: Caption[];
let log: CaptionLog;

beforeEach(() => {
  vi.useFakeTimers();
  written = [];
  log = new CaptionLog((caption) => written.push(caption), 2_000);
});
afterEach(() => void vi.useRealTimers());

const add = (text: string, final = false, segmentId = 's') =>
  log.add({ type: 'caption.updated', speaker: 'avatar', segmentId, text, final, messageId });
const said = () => written.map(({ from = 0, text, final }) => `${from} ${text}${final ? '.' : ''}`);

it('writes the beginning at once, then what was added meanwhile, then the whole', () => {
  add('One');
  add('One two');
  add('One two three');
  expect(said()).toEqual(['0 One']);
  vi.advanceTimersByTime(2_000);
  add('One two three four');
  add('One two three four', true);
  expect(said()).toEqual(['0 One', '3  two three', '0 One two three four.']);
  expect(written.map((caption) => caption.messageId)).toEqual([messageId, messageId, messageId]);
  expect(vi.getTimerCount()).toBe(0);
});

it('gives whoever puts the pieces together the text of each moment', () => {
  let text = '';
  log = new CaptionLog(({ from = 0, text: piece }) => (text = text.slice(0, from) + piece), 2_000);
  for (let n = 1; n <= 40; n += 1) {
    const now = Array.from({ length: n }, (_, i) => `word ${i}`).join(' ');
    add(now);
    vi.advanceTimersByTime(2_000);
    expect(text).toBe(now);
  }
});

it('writes the whole again when what was said is corrected', () => {
  add('I scream');
  add('Ice cream');
  vi.advanceTimersByTime(2_000);
  expect(said()).toEqual(['0 I scream', '0 Ice cream']);
});

it('writes nothing while nothing is added, and keeps segments apart', () => {
  add('One');
  vi.advanceTimersByTime(10_000);
  add('Uno', false, 't');
  add('One two');
  add('Uno', true, 't');
  vi.advanceTimersByTime(2_000);
  expect(said()).toEqual(['0 One', '0 Uno', '0 Uno.', '3  two']);
});
