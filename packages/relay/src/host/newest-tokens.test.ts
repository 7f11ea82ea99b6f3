import { expect, test } from 'vitest';
import { NewestTokens } from './newest-tokens.ts';

const options = (source: string, stage: string) => ({
  id: 'ses_1',
  source: { kind: 'room' as const, url: 'ws://vendor', token: source, avatarIdentity: 'avatar' },
  stage: { url: 'ws://stage', token: stage },
});

test('rooms are joined again with the newest token of each', () => {
  const tokens = new NewestTokens();
  expect(tokens.renew(options('a', 'b'))).toEqual(options('a', 'b'));
  tokens.refresh('a', 'a1');
  tokens.refresh('a', 'a2');
  expect(tokens.renew(options('a', 'b'))).toEqual(options('a2', 'b'));
  tokens.refresh('a2', 'a3');
  tokens.refresh('b', 'b1');
  expect(tokens.renew(options('a2', 'b'))).toEqual(options('a3', 'b1'));
});

test('what was refreshed for a room that is left is forgotten', () => {
  const tokens = new NewestTokens();
  tokens.refresh('a', 'a1');
  tokens.refresh('b', 'b1');
  tokens.refresh('c', 'c1');
  tokens.keep(options('c', 'b'));
  expect(tokens.renew(options('a', 'b'))).toEqual(options('a', 'b1'));
  tokens.refresh('c', 'c1');
  tokens.keep(options('c', 'b'));
  expect(tokens.renew(options('c', 'b'))).toEqual(options('c1', 'b'));
});
