import { expect, test } from 'vitest';
import { isV1Path, matchesPath } from './paths.ts';

test('a pattern stands for one segment, and a path that has a name of its own is no id', () => {
  expect(matchesPath('*', '/anything')).toBe(true);
  expect(matchesPath('/v1/sessions/start', '/v1/sessions/start')).toBe(true);
  expect(matchesPath('/v1/sessions/{id}', '/v1/sessions/abc')).toBe(true);
  expect(matchesPath('/v1/sessions/{id}', '/v1/sessions/start')).toBe(false);
  expect(matchesPath('/v1/sessions/{id}', '/v1/sessions/abc/transcript')).toBe(false);
  expect(matchesPath('/v1/ws/{id}', '/v1/ws/streaming.chat')).toBe(false);
});

test('tells the paths of v1', () => {
  expect(isV1Path('/v1/streaming.new')).toBe(true);
  expect(isV1Path('/v2/streaming.list')).toBe(true);
  expect(isV1Path('/v1/ws/streaming.chat')).toBe(true);
  expect(isV1Path('/v1/sessions/token')).toBe(false);
  expect(isV1Path('/v1/ws/abc')).toBe(false);
});
