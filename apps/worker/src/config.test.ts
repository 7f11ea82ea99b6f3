import { ConfigError } from '@avatar-bridge/contracts';
import { describe, expect, it } from 'vitest';
import { help, readConfig } from './config.ts';

const valid = {
  LIVEKIT_URL: 'ws://127.0.0.1:7880',
  LIVEKIT_API_KEY: 'key',
  LIVEKIT_API_SECRET: 'secret',
  HEYGEN_API_KEY: 'heygen',
};

describe('readConfig', () => {
  it('has a default for all that has a sensible one', () => {
    expect(readConfig(valid).config).toMatchObject({
      REDIS_URL: 'redis://127.0.0.1:6379',
      HEYGEN_BASE_URL: 'https://api.heygen.com',
      BRIDGE_ACCOUNT: 'default',
      BRIDGE_SLOTS: 3,
      BRIDGE_CAPACITY: 20,
      BRIDGE_RELAY_ENGINE: 'auto',
      BRIDGE_WORKER_PORT: 8081,
    });
  });

  it('names every fault at once, and no value', () => {
    let fault: unknown;
    try {
      readConfig({
        ...valid,
        LIVEKIT_URL: 'not-a-url',
        LIVEKIT_API_KEY: ' ',
        LIVEAVATAR_AVATAR_ID: 'Wayne',
        BRIDGE_SLOTS: 'many-of-them',
      });
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(ConfigError);
    const { message } = fault as ConfigError;
    for (const name of ['LIVEKIT_URL', 'LIVEKIT_API_KEY', 'LIVEAVATAR_AVATAR_ID', 'BRIDGE_SLOTS'])
      expect(message).toContain(name);
    expect(message).not.toMatch(/not-a-url|many-of-them|Wayne/);
  });

  it('knows the engines', () => {
    expect(readConfig({ ...valid, BRIDGE_RELAY_ENGINE: 'transcode' }).config.BRIDGE_RELAY_ENGINE).toBe(
      'transcode',
    );
    expect(() => readConfig({ ...valid, BRIDGE_RELAY_ENGINE: 'direct' })).toThrow(
      /BRIDGE_RELAY_ENGINE: must be auto, rtp or transcode/,
    );
  });

  it.each([
    [
      { HEYGEN_API_KEY: '' },
      /LIVEAVATAR_API_KEY: is needed, or HEYGEN_API_KEY, or BRIDGE_PROVIDERS=voice-only/,
    ],
    [{ BRIDGE_PROVIDERS: 'heygen, liveavatar-lite' }, /LIVEAVATAR_API_KEY: is needed for liveavatar-lite/],
    [{ BRIDGE_PROVIDERS: 'heygen,tavus' }, /BRIDGE_PROVIDERS.*: must be a list of heygen/],
    [{ BRIDGE_PROVIDERS: ',' }, /BRIDGE_PROVIDERS: is empty/],
    [{ BRIDGE_SPEECH: 'openai' }, /OPENAI_API_KEY: is needed/],
    [{ BRIDGE_SPEECH: 'elevenlabs' }, /ELEVENLABS_API_KEY: is needed/],
    [{ BRIDGE_SPEECH: 'espeak' }, /BRIDGE_SPEECH: must be embedded, openai or elevenlabs/],
    [{ BRIDGE_WARM_POOL: 'default' }, /BRIDGE_WARM_POOL: must be like default=2/],
    [{ BRIDGE_WARM_POOL: 'default=0' }, /BRIDGE_WARM_POOL: 0\.count: /],
    [{ BRIDGE_WARM_POOL: 'default=2, a=2' }, /BRIDGE_WARM_POOL: keeps 4 ready, and BRIDGE_SLOTS allows 3/],
    [{ LIVEAVATAR_SANDBOX: 'yes' }, /LIVEAVATAR_SANDBOX: must be true or false/],
  ])('rejects %j', (env, message) => {
    expect(() => readConfig({ ...valid, ...env })).toThrow(message);
  });

  it.each([
    [{ HEYGEN_API_KEY: '', BRIDGE_PROVIDERS: 'voice-only' }],
    [{ HEYGEN_API_KEY: '', LIVEAVATAR_API_KEY: 'la' }],
    [{ BRIDGE_WARM_POOL: 'default=2, a=2', BRIDGE_SLOTS: '4' }],
    [{ BRIDGE_SPEECH: 'openai', OPENAI_BASE_URL: 'http://127.0.0.1:8880/v1' }],
  ])('takes %j', (env) => {
    expect(() => readConfig({ ...valid, ...env })).not.toThrow();
  });

  it('finds misspelt variables, but not those of the gateway', () => {
    expect(readConfig({ ...valid, BRIDGE_SLOT: '3', BRIDGE_CHATBOT_KEYS: 'x' }).unknown).toEqual([
      'BRIDGE_SLOT',
    ]);
  });

  it('explains itself', () => {
    expect(help()).toMatch(/LIVEKIT_API_KEY .*required/);
    expect(help()).toMatch(/BRIDGE_SPEECH .*\(default embedded\)/);
    expect(help()).toMatch(/BRIDGE_PROVIDERS .*in order/);
    expect(help()).toMatch(/BRIDGE_SLOTS .*\(default 3\)/);
  });
});
