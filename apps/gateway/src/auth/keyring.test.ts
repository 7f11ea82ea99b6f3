import { ConfigError } from '@avatar-bridge/contracts';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../secret.ts';
import { Keyring } from './keyring.ts';

const secrets = (...keys: string[]): Secret[] => keys.map((key) => new Secret(key));

test('each key has its role, several keys of a role are fine, and others have none', () => {
  const keyring = new Keyring({ chatbot: secrets('a', 'b'), operator: secrets('c') });
  expect(['a', 'b', 'c', 'd', '', 'a '].map((key) => keyring.holderOf(key)?.role)).toEqual([
    'chatbot',
    'chatbot',
    'operator',
    undefined,
    undefined,
    undefined,
  ]);
});

test('a key with two roles is a fault of the configuration', () => {
  expect(() => new Keyring({ chatbot: secrets('same'), operator: secrets('same') })).toThrow(ConfigError);
});

test('a keyring does not hold the keys themselves', () => {
  expect(
    inspect(new Keyring({ chatbot: secrets('hunter2'), operator: [] }), { depth: 9, showHidden: true }),
  ).not.toContain('hunter2');
});
