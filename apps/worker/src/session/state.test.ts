import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backoff,
  isActive,
  isNews,
  isOver,
  next,
  noTries,
  stableAfter,
  type State,
  type StateEvent,
  type Tries,
  usualRules,
} from './state.ts';

const at = 1_000_000;
const stopped = { outcome: 'stopped', code: 'stopped', message: 'The caller is done' } as const;
const failed = { outcome: 'failed', code: 'unauthorized', message: 'Check HEYGEN_API_KEY' } as const;

const tried = (attempt: number, failingSince: number | undefined = at): Tries => ({
  attempt,
  failingSince: attempt === 0 ? undefined : failingSince,
  removals: 0,
});
const starting: State = { name: 'starting', notBefore: 0, ...noTries };
const live: State = { name: 'live', since: at - 1_000, ...noTries };
const recovering: State = { name: 'recovering', notBefore: at, reason: 'room-deleted', ...tried(1) };
const releasing: State = { name: 'releasing', deadline: at + 20_000 };
const stopping: State = { name: 'stopping', end: stopped };
const parking: State = { name: 'parking', reason: 'idle', deadline: at + 30_000 };
const lost = { type: 'link.down', at, chance: 1, code: 'vendor-lost', reason: 'room-deleted' } as const;
const refused: StateEvent = { ...lost, code: 'unauthorized', end: failed };
const stop: StateEvent = { type: 'stop.requested', end: stopped };
const park: StateEvent = { type: 'park.requested', reason: 'idle', deadline: at + 30_000 };
const removed: StateEvent = { type: 'stage.lost', at, reason: 'participant-removed', removed: true };

describe('isNews', () => {
  it.each<[string, State, State, boolean]>([
    ['another state', starting, live, true],
    ['the same one', starting, { ...starting, notBefore: at }, false],
    ['why it does not start', starting, { ...starting, reason: 'the stage is away' }, true],
    ['another try', recovering, { ...recovering, ...tried(2) }, true],
    ['another reason', recovering, { ...recovering, reason: 'the stage is away' }, true],
    ['waiting on', recovering, { ...recovering, notBefore: at + 2_000 }, false],
  ])('%s', (_, before, state, expected) => {
    expect(isNews(state, before)).toBe(expected);
  });
});

describe('next', () => {
  it.each<[string, State, StateEvent, State]>([
    ['goes live', starting, { type: 'link.up', at }, { ...live, since: at }],
    ['goes live again', recovering, { type: 'link.up', at }, { name: 'live', since: at, ...tried(1) }],
    [
      'tries again to start, after a while',
      starting,
      lost,
      { ...starting, notBefore: at + 500, reason: lost.reason, ...tried(1) },
    ],
    [
      'waits longer each time',
      { ...starting, ...tried(1, at - 500) },
      lost,
      { ...starting, notBefore: at + 1_000, reason: lost.reason, ...tried(2, at - 500) },
    ],
    [
      'waits as long as the vendor says',
      starting,
      { ...lost, retryAfter: 9_000 },
      { ...starting, notBefore: at + 9_000, reason: lost.reason, ...tried(1) },
    ],
    [
      'comes again when it is told to by a vendor that is out of order, as the time since counts',
      { ...recovering, ...tried(2, at - 9_000) },
      { ...lost, untried: true, retryAfter: 300 },
      { ...recovering, notBefore: at + 300, ...tried(2, at - 9_000) },
    ],
    ['recovers at once', live, lost, recovering],
    [
      'recovers later when the one before was lost soon, too',
      { ...live, ...tried(1) },
      lost,
      { ...recovering, notBefore: at + 500, ...tried(2) },
    ],
    [
      'recovers at once when the one before was stable',
      { name: 'live', since: at - stableAfter, ...tried(5, at - 40_000) },
      lost,
      recovering,
    ],
    ['forgets failures when something was said', { ...live, ...tried(5) }, { type: 'link.proven' }, live],
    ['gives up when another try is senseless', starting, refused, { name: 'stopping', end: failed }],
    [
      'gives up when it has failed for too long',
      { ...recovering, ...tried(40, at - usualRules.patienceMs) },
      lost,
      {
        name: 'stopping',
        end: {
          outcome: 'failed',
          code: 'vendor-lost',
          message: 'Given up after 41 tries within 10 minutes: room-deleted',
        },
      },
    ],
    [
      'begins anew with another provider, however long the one before has failed',
      { ...recovering, ...tried(40, at - usualRules.patienceMs) },
      { ...lost, another: true },
      { ...recovering, ...noTries },
    ],
    [
      'does not count waiting as failed tries, however long it takes',
      { ...recovering, ...tried(40, at - usualRules.patienceMs) },
      { ...lost, waiting: true },
      { ...recovering, notBefore: at + 2_000, ...tried(40, at - usualRules.patienceMs) },
    ],
    [
      'waits no longer than until another provider goes on',
      recovering,
      { ...lost, waiting: true, tryAgainBy: at + 1_000 },
      { ...recovering, notBefore: at + 1_000 },
    ],
    ['replaces a vendor session as planned', live, { ...lost, planned: true }, { ...recovering, ...noTries }],
    [
      'comes back at once when the stage was lost',
      live,
      { type: 'stage.lost', at, reason: 'room-deleted', removed: false },
      { ...recovering, ...noTries },
    ],
    [
      'comes back later when somebody took the avatar off the stage',
      live,
      removed,
      { ...recovering, reason: 'participant-removed', notBefore: at + 5_000, ...noTries, removals: 1 },
    ],
    [
      'and still later when that happens again',
      { ...live, removals: 1 },
      removed,
      { ...recovering, reason: 'participant-removed', notBefore: at + 15_000, ...noTries, removals: 2 },
    ],
    [
      'also when it had not been there yet',
      { ...recovering, removals: 1 },
      { ...lost, waiting: true, removed: true },
      { ...recovering, reason: lost.reason, notBefore: at + 15_000, removals: 2 },
    ],
    [
      'and forgets it after a long time',
      { ...live, since: at - 600_000, removals: 3 },
      removed,
      { ...recovering, reason: 'participant-removed', notBefore: at + 5_000, ...noTries, removals: 1 },
    ],
    ['stops while it starts', starting, stop, stopping],
    ['stops while it is live', live, stop, stopping],
    ['stops while it recovers', recovering, stop, stopping],
    ['stops while it hands over', releasing, stop, stopping],
    ['stops while it parks', parking, stop, stopping],
    [
      'keeps its first reason to stop',
      { name: 'stopping', end: failed },
      stop,
      { name: 'stopping', end: failed },
    ],
    ['ends when all is cleared', stopping, { type: 'cleared' }, { name: 'ended', end: stopped }],
    ['parks', live, park, parking],
    ['parks while it waits for a vendor session', starting, park, parking],
    ['does not park while it hands over', releasing, park, releasing],
    ['is parked when all is cleared', parking, { type: 'cleared' }, { name: 'parked' }],
    [
      'parks rather than hands over',
      parking,
      { type: 'drain.requested', deadline: at },
      { ...parking, deadline: at },
    ],
    ['parks at once when the vendor session is lost', parking, lost, { ...parking, deadline: at }],
    ['hands over', live, { type: 'drain.requested', deadline: at + 20_000 }, releasing],
    [
      'hands over in a hurry',
      releasing,
      { type: 'drain.requested', deadline: at },
      { ...releasing, deadline: at },
    ],
    ['does not slow down', releasing, { type: 'drain.requested', deadline: at + 99_000 }, releasing],
    ['stops rather than hands over', stopping, { type: 'drain.requested', deadline: at }, stopping],
    ['has handed over when all is cleared', releasing, { type: 'cleared' }, { name: 'released' }],
    ['hands over at once when the vendor session is lost', releasing, lost, { ...releasing, deadline: at }],
    ['does not recover while it stops', stopping, lost, stopping],
    ['is fenced from any state', stopping, { type: 'fenced' }, { name: 'fenced' }],
    ['stays fenced', { name: 'fenced' }, { type: 'link.up', at }, { name: 'fenced' }],
    ['stays ended', { name: 'ended', end: stopped }, { type: 'fenced' }, { name: 'ended', end: stopped }],
  ])('%s', (_, state, event, expected) => {
    expect(next(state, event)).toEqual(expected);
  });

  it('is over once and for all, and never by itself before it was told to be', () => {
    const event = fc.constantFrom<StateEvent>(
      lost,
      removed,
      park,
      stop,
      { ...lost, waiting: true },
      { ...lost, another: true },
      { ...lost, planned: true },
      { type: 'link.up', at },
      { type: 'link.proven' },
      { type: 'drain.requested', deadline: at },
      { type: 'cleared' },
    );
    const orders = new Set(['park.requested', 'stop.requested', 'drain.requested']);
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let state: State = starting;
        let told = false;
        const broken = events.flatMap((one) => {
          const before = state;
          state = next(state, one);
          told ||= orders.has(one.type);
          return [
            ...(isOver(before) && state !== before ? ['it went on after it was over'] : []),
            ...(!told && !isActive(state) ? ['it ended by itself'] : []),
          ];
        });
        expect(broken).toEqual([]);
      }),
    );
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
