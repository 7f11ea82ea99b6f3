import { describe, expect, it } from 'vitest';
import { backoff, maxAttempts, next, stableAfter, type State, type StateEvent } from './state.ts';

const at = 1_000_000;
const stopped = { outcome: 'stopped', code: 'stopped', message: 'The caller is done' } as const;
const failed = { outcome: 'failed', code: 'unauthorized', message: 'Check HEYGEN_API_KEY' } as const;

const starting: State = { name: 'starting', attempt: 0, notBefore: 0 };
const live: State = { name: 'live', attempt: 0, since: at - 1_000 };
const recovering: State = { name: 'recovering', attempt: 1, notBefore: at, reason: 'room-deleted' };
const releasing: State = { name: 'releasing', deadline: at + 20_000 };
const stopping: State = { name: 'stopping', end: stopped };
const lost: StateEvent = { type: 'link.down', at, chance: 1, code: 'vendor-lost', reason: 'room-deleted' };
const refused: StateEvent = { ...lost, code: 'unauthorized', end: failed };

describe('next', () => {
  it.each<[string, State, StateEvent, State]>([
    ['goes live', starting, { type: 'link.up', at }, { name: 'live', attempt: 0, since: at }],
    ['goes live again', recovering, { type: 'link.up', at }, { name: 'live', attempt: 1, since: at }],
    [
      'tries again to start, after a while',
      starting,
      lost,
      { name: 'starting', attempt: 1, notBefore: at + 500 },
    ],
    [
      'waits longer each time',
      { ...starting, attempt: 1 },
      lost,
      { name: 'starting', attempt: 2, notBefore: at + 1_000 },
    ],
    [
      'waits as long as the vendor says',
      starting,
      { ...lost, retryAfter: 9_000 },
      { name: 'starting', attempt: 1, notBefore: at + 9_000 },
    ],
    [
      'recovers at once',
      live,
      lost,
      { name: 'recovering', attempt: 1, notBefore: at, reason: 'room-deleted' },
    ],
    [
      'recovers later when the one before was lost soon, too',
      { ...live, attempt: 1 },
      lost,
      { name: 'recovering', attempt: 2, notBefore: at + 500, reason: 'room-deleted' },
    ],
    [
      'recovers at once when the one before was stable',
      { name: 'live', attempt: 5, since: at - stableAfter },
      lost,
      { name: 'recovering', attempt: 1, notBefore: at, reason: 'room-deleted' },
    ],
    ['forgets failures when something was said', { ...live, attempt: 5 }, { type: 'link.proven' }, live],
    ['gives up when another try is senseless', starting, refused, { name: 'stopping', end: failed }],
    [
      'gives up after many tries',
      { ...recovering, attempt: maxAttempts },
      lost,
      {
        name: 'stopping',
        end: {
          outcome: 'failed',
          code: 'vendor-lost',
          message: `Given up after ${maxAttempts} tries: room-deleted`,
        },
      },
    ],
    [
      'begins anew with another provider, however often the one before has failed',
      { ...recovering, attempt: maxAttempts },
      { ...lost, another: true },
      { name: 'recovering', attempt: 0, notBefore: at, reason: 'room-deleted' },
    ],
    [
      'does not count waiting for a slot as failed tries',
      { ...recovering, attempt: maxAttempts },
      { ...lost, tryAgainBy: at + 1_000 },
      { name: 'recovering', attempt: maxAttempts, notBefore: at + 1_000, reason: 'room-deleted' },
    ],
    ['stops while it starts', starting, { type: 'stop.requested', reason: stopped.message }, stopping],
    ['stops while it is live', live, { type: 'stop.requested', reason: stopped.message }, stopping],
    ['stops while it recovers', recovering, { type: 'stop.requested', reason: stopped.message }, stopping],
    ['stops while it hands over', releasing, { type: 'stop.requested', reason: stopped.message }, stopping],
    [
      'keeps its first reason to stop',
      { name: 'stopping', end: failed },
      { type: 'stop.requested', reason: 'again' },
      { name: 'stopping', end: failed },
    ],
    ['ends when all is cleared', stopping, { type: 'cleared' }, { name: 'ended', end: stopped }],
    ['hands over', live, { type: 'drain.requested', deadline: at + 20_000 }, releasing],
    [
      'hands over in a hurry',
      releasing,
      { type: 'drain.requested', deadline: at },
      { name: 'releasing', deadline: at },
    ],
    ['does not slow down', releasing, { type: 'drain.requested', deadline: at + 99_000 }, releasing],
    ['stops rather than hands over', stopping, { type: 'drain.requested', deadline: at }, stopping],
    ['has handed over when all is cleared', releasing, { type: 'cleared' }, { name: 'released' }],
    [
      'hands over at once when the vendor session is lost',
      releasing,
      lost,
      { name: 'releasing', deadline: at },
    ],
    ['does not recover while it stops', stopping, lost, stopping],
    ['is fenced from any state', stopping, { type: 'fenced' }, { name: 'fenced' }],
    ['stays fenced', { name: 'fenced' }, { type: 'link.up', at }, { name: 'fenced' }],
    ['stays ended', { name: 'ended', end: stopped }, { type: 'fenced' }, { name: 'ended', end: stopped }],
  ])('%s', (_, state, event, expected) => {
    expect(next(state, event)).toEqual(expected);
  });
});

describe('backoff', () => {
  it('is nothing, then doubles up to 15 s', () => {
    expect([1, 2, 3, 4, 7, 20].map((attempt) => backoff(attempt, 1))).toEqual([
      0, 500, 1_000, 2_000, 15_000, 15_000,
    ]);
  });
  it('is spread over its upper half', () => {
    expect(backoff(3, 0)).toBe(500);
  });
});
