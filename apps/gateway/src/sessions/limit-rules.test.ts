import { ConfigError } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import { ProblemError } from '../problems/problem-error.ts';
import { KeyLimits, LimitRules } from './limit-rules.ts';

const [own, other] = ['key_0123456789ab', 'key_ba9876543210'];
const usual = { maxDurationSeconds: 86_400, idleSeconds: 600 };
const rules = new LimitRules(usual, { [own]: { maxDurationSeconds: 3_600 } }, [own, other]);

test('a session gets its own limits, else those of its key, else the usual ones', () => {
  expect(rules.of(other, {})).toEqual(usual);
  expect(rules.of(undefined, { idleSeconds: 60 })).toEqual({ ...usual, idleSeconds: 60 });
  expect(rules.of(own, {})).toEqual({ maxDurationSeconds: 3_600, idleSeconds: 600 });
  expect(rules.of(own, { maxDurationSeconds: 60 })).toEqual({ maxDurationSeconds: 60, idleSeconds: 600 });
});

test('a session may not have more than its key allows', () => {
  const ask = () => rules.of(own, { maxDurationSeconds: 3_601 });
  expect(ask).toThrow(ProblemError);
  expect(ask).toThrow('limits.maxDurationSeconds');
});

test('limits of a key that is not there are a fault of the configuration', () => {
  expect(() => new LimitRules({}, { [own]: {} }, [other])).toThrow(ConfigError);
});

test.each([['{'], ['{"shop": {}}'], [`{"${own}": {"idleSeconds": 1}}`], [`{"${own}": {"idle": 60}}`]])(
  'what is no list of limits is refused: %s',
  (text) => {
    expect(KeyLimits.safeParse(text).success).toBe(false);
  },
);
