import { expect, test } from 'vitest';
import { voiceFor } from './voice.ts';

test('a voice id always sounds the same, and ids do not all sound alike', () => {
  expect(voiceFor('077ab11b14f04ce0b49b5f6e5cc20979')).toEqual(voiceFor('077ab11b14f04ce0b49b5f6e5cc20979'));
  const voices = new Set(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => JSON.stringify(voiceFor(id))));
  expect(voices.size).toBeGreaterThan(2);
});

test('English is the default language and has the better synthesizer', () => {
  expect(voiceFor(undefined)).toEqual({ engine: 'flite', name: 'slt', pitch: 1 });
  expect(voiceFor('x', 'en-GB').engine).toBe('flite');
});

test('other languages are spoken by eSpeak, whatever their region', () => {
  expect(voiceFor(undefined, 'de-DE')).toMatchObject({ engine: 'espeak', name: 'de+f2' });
  expect(voiceFor(undefined, 'zh')).toMatchObject({ name: 'cmn+f2' });
});
