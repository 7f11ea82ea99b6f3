import type { ConfigError } from '@avatar-bridge/contracts';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { configSchema, help, readConfig } from './config.ts';

const enough = {
  LIVEKIT_URL: 'ws://127.0.0.1:7880',
  LIVEKIT_API_KEY: 'devkey',
  LIVEKIT_API_SECRET: 'a-livekit-secret',
};

function faultsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
}

test('in development LiveKit is all that must be told', () => {
  const { config, unknown } = readConfig(enough);
  expect(unknown).toEqual([]);
  expect(config).toMatchObject({
    PORT: 8080,
    HOST: '127.0.0.1',
    BRIDGE_ACCOUNT: 'default',
    BRIDGE_VIEWER_TTL_SECONDS: 3600,
  });
  expect(config.REDIS_URL.reveal()).toBe('redis://127.0.0.1:6379');
});

test('every fault is named at once, and no value with it', () => {
  const faults = faultsOf({
    PORT: 'eighty',
    REDIS_URL: 'http://secret@x',
    BRIDGE_VIEWER_TTL_SECONDS: '1.5',
    BRIDGE_LOG_LEVEL: 'loud',
  });
  expect(faults.map((fault) => fault.split(':')[0])).toEqual([
    'PORT',
    'REDIS_URL',
    'LIVEKIT_URL',
    'LIVEKIT_API_KEY',
    'LIVEKIT_API_SECRET',
    'BRIDGE_VIEWER_TTL_SECONDS',
    'BRIDGE_LOG_LEVEL',
  ]);
  expect(faults.join()).not.toContain('secret@x');
});

test('in production both kinds of keys are needed, and long ones', () => {
  const production = { ...enough, NODE_ENV: 'production' };
  expect(faultsOf(production)).toEqual([
    'BRIDGE_CHATBOT_KEYS: is needed in production',
    'BRIDGE_OPERATOR_KEYS: is needed in production',
  ]);
  expect(
    faultsOf({ ...production, BRIDGE_CHATBOT_KEYS: 'short', BRIDGE_OPERATOR_KEYS: `${'o'.repeat(24)},` }),
  ).toHaveLength(2);
  expect(
    faultsOf({ ...production, BRIDGE_CHATBOT_KEYS: 'c'.repeat(24), BRIDGE_OPERATOR_KEYS: 'o'.repeat(24) }),
  ).toEqual([]);
});

test('misspelt variables are found, those of the worker are not misspelt', () => {
  expect(readConfig({ ...enough, BRIDGE_CHATBOT_KEY: 'x', BRIDGE_SLOTS: '3' }).unknown).toEqual([
    'BRIDGE_CHATBOT_KEY',
  ]);
});

test('a printed configuration shows no secret', () => {
  const env = {
    ...enough,
    REDIS_URL: 'redis://:hunter2@localhost',
    BRIDGE_CHATBOT_KEYS: 'hunter2,hunter3',
    BRIDGE_OPERATOR_KEYS: 'hunter4',
  };
  const { config } = readConfig({ ...env, LIVEKIT_API_SECRET: 'hunter5' });
  expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain('hunter');
  expect(config.BRIDGE_CHATBOT_KEYS?.map((key) => key.reveal())).toEqual(['hunter2', 'hunter3']);
});

test('the help names every variable and what it means', () => {
  const text = help();
  for (const name of Object.keys(configSchema(true).shape))
    expect(text).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'));
});

test('the v1 door is closed unless it is asked for, and open to the origins that are named', () => {
  expect(readConfig(enough).config).toMatchObject({ BRIDGE_V1_DOOR: false, BRIDGE_V1_DOOR_ORIGINS: [] });
  const door = {
    BRIDGE_V1_DOOR: 'true',
    BRIDGE_V1_DOOR_ORIGINS: 'https://a.example, http://localhost:5173,*',
  };
  expect(readConfig({ ...enough, ...door }).config).toMatchObject({
    BRIDGE_V1_DOOR: true,
    BRIDGE_V1_DOOR_ORIGINS: ['https://a.example', 'http://localhost:5173', '*'],
  });
});

test.each([
  ['BRIDGE_V1_DOOR', 'yes'],
  ['BRIDGE_V1_DOOR_ORIGINS', 'a.example'],
  ['BRIDGE_V1_DOOR_ORIGINS', 'https://a.example/path'],
])('rejects %s=%s', (name, value) => {
  expect(() => readConfig({ ...enough, [name]: value })).toThrow(name);
});
