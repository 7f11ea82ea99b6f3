import { MessageId, SessionId } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import { compareEntryIds, entryTime, idTime, newMessageId, newSessionId } from './ids.ts';

test('ids are of the form the contracts ask for, tell their time, and sort by it', () => {
  const before = Date.now();
  const ids = Array.from({ length: 100 }, newSessionId);
  expect(ids.every((id) => SessionId.safeParse(id).success)).toBe(true);
  expect(MessageId.safeParse(newMessageId()).success).toBe(true);
  expect(ids.toSorted()).toEqual(ids);
  expect(idTime(ids[0] as string)).toBeGreaterThanOrEqual(before);
  expect(idTime(ids[0] as string)).toBeLessThanOrEqual(Date.now());
});

test('stream entries are ordered by number, not by text', () => {
  const ordered = ['0-0', '9-1', '10-0', '10-2', '10-10', '1764000000000-0'];
  expect(ordered.toReversed().toSorted(compareEntryIds)).toEqual(ordered);
  expect(entryTime('1764000000000-3')).toBe(1_764_000_000_000);
});
