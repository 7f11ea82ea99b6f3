import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, parseEnv, unknownVariables } from './config.ts';

const schema = z.object({
  PORT: z.coerce.number().int().default(8080),
  SECRET: z.string().min(8),
  MODE: z.enum(['a', 'b']).default('a'),
});

test('every fault is named at once and no value is shown', () => {
  const parse = () => parseEnv(schema, { PORT: 'x', SECRET: 'hunter2', MODE: 'c' });
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(/PORT[\s\S]*SECRET[\s\S]*MODE/);
  expect(parse).not.toThrow(/hunter2/);
});

test('empty variables count as unset', () => {
  expect(parseEnv(schema, { PORT: ' ', SECRET: 'long enough', OTHER: 'x' })).toEqual({
    PORT: 8080,
    SECRET: 'long enough',
    MODE: 'a',
  });
});

test('misspelt variables are found', () => {
  expect(
    unknownVariables('BRIDGE_', ['BRIDGE_SLOTS'], { BRIDGE_SLOTS: '1', BRIDGE_SLOT: '2', HOME: '/' }),
  ).toEqual(['BRIDGE_SLOT']);
});
