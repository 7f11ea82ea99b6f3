import { expect, test } from 'vitest';
import { chooseVendor } from './choose-vendor.ts';

test('without a key the simulator serves all providers, LiveAvatar first', () => {
  expect(chooseVendor({ LIVEAVATAR_API_KEY: '', HEYGEN_BASE_URL: 'https://api.heygen.com' })).toEqual({
    kind: 'simulated',
    name: 'simulated',
    providers: ['liveavatar-full', 'liveavatar-lite', 'heygen', 'voice-only'],
    workerEnv: { BRIDGE_PROVIDERS: 'liveavatar-full,liveavatar-lite,heygen,voice-only' },
  });
});

test('a key of LiveAvatar comes before one of HeyGen, and both are used', () => {
  const keys = { LIVEAVATAR_API_KEY: 'la', HEYGEN_API_KEY: 'hg' };
  expect(chooseVendor({ ...keys, PATH: '/bin' })).toEqual({
    kind: 'real',
    name: 'LiveAvatar',
    providers: ['liveavatar-full', 'heygen'],
    workerEnv: { ...keys, BRIDGE_PROVIDERS: 'liveavatar-full,heygen' },
  });
  expect(chooseVendor({ HEYGEN_API_KEY: 'hg' })).toMatchObject({
    kind: 'real',
    name: 'HeyGen (v1)',
    providers: ['heygen'],
  });
});

test('the order that was asked for holds, and settings of voice and answers reach the workers', () => {
  const settings = { BRIDGE_SPEECH: 'openai', OPENAI_API_KEY: 'sk', BRIDGE_RESPONDER_URL: 'http://llm' };
  expect(chooseVendor({ BRIDGE_PROVIDERS: ' voice-only, heygen ', ...settings })).toMatchObject({
    kind: 'simulated',
    providers: ['voice-only', 'heygen'],
    workerEnv: { ...settings, BRIDGE_PROVIDERS: 'voice-only,heygen' },
  });
});
