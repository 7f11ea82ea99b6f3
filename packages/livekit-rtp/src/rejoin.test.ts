import { describe, expect, test } from 'vitest';
import { errorOfDisconnect } from './disconnect-reason.ts';
import { RetryableError, TerminalError } from './errors.ts';
import { next, type Loss, type RejoinEvent, type RejoinPolicy, type RejoinState } from './rejoin.ts';
import type { DisconnectReason } from './types.ts';

const policy: RejoinPolicy = { reconnect: true, random: () => 0 };
const joined: RejoinState = { name: 'joined', at: 0, tries: 0, ghosts: 0 };
const lossOf = (reason: DisconnectReason, more: Partial<Loss> = {}): Loss => ({
  reason,
  error: errorOfDisconnect(reason),
  ...more,
});
const failed = (loss = lossOf('signal-lost'), unanswered = false): RejoinEvent => ({
  type: 'failed',
  loss,
  unanswered,
});
const lost = (loss: Loss, at = 60_000): RejoinEvent => ({ type: 'lost', at, loss });

/** The state after all of these events. */
const after = (events: RejoinEvent[], from: RejoinState = joined, by = policy): RejoinState =>
  events.reduce((state, event) => next(state, event, by), from);

describe('a loss', () => {
  const again: DisconnectReason[] = [
    'signal-lost',
    'media-lost',
    'server-shutdown',
    'migration',
    'state-mismatch',
    'connection-timeout',
    'join-failure',
  ];
  const final: DisconnectReason[] = [
    'client',
    'duplicate-identity',
    'participant-removed',
    'room-deleted',
    'room-closed',
    'other',
  ];

  test.each(again)('by %s is followed by a new join at once', (reason) => {
    expect(after([lost(lossOf(reason))])).toMatchObject({ name: 'rejoining', wait: 0, loss: { reason } });
  });

  test.each(final)('by %s is final, unless the server asks us back', (reason) => {
    expect(after([lost(lossOf(reason))])).toEqual({ name: 'ended', loss: lossOf(reason) });
    const loss = lossOf(reason, { askedBack: true });
    expect(after([lost(loss)])).toMatchObject({ name: 'rejoining', loss });
  });

  test('is final before the first join, without reconnect, and when we leave in an outage', () => {
    const loss = lossOf('signal-lost');
    expect(after([lost(loss)], { name: 'joining' })).toEqual({ name: 'ended', loss });
    expect(after([lost(loss)], joined, { ...policy, reconnect: false })).toEqual({ name: 'ended', loss });
    expect(after([lost(loss), lost(lossOf('client'))])).toEqual({ name: 'ended', loss: lossOf('client') });
  });

  test('soon after the join is one more failure of the same outage', () => {
    const events = [
      lost(lossOf('state-mismatch'), 60_000),
      { type: 'joined', at: 60_100 } as const,
      lost(lossOf('state-mismatch'), 60_200),
    ];
    expect(after(events)).toMatchObject({ name: 'rejoining', tries: 1, wait: 100 });
    expect(
      after([...events, { type: 'joined', at: 60_300 }, lost(lossOf('state-mismatch'), 90_000)]),
    ).toMatchObject({ tries: 0, wait: 0 });
  });
});

describe('attempts', () => {
  const waits = (random: number): number[] => {
    let state = next(joined, lost(lossOf('signal-lost')), policy);
    return Array.from({ length: 7 }, () => {
      state = next(state, failed(), { ...policy, random: () => random });
      return state.name === 'rejoining' ? state.wait : -1;
    });
  };

  test('come further and further apart, up to a second, and up to a half earlier by chance', () => {
    expect(waits(0)).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
    expect(waits(0.999).every((wait, index) => wait >= waits(0)[index]! / 2)).toBe(true);
  });

  test('end when the server refuses the token, and when the time is over', () => {
    const error = new TerminalError('unauthorized', 'HTTP status 401');
    const refused: Loss = { reason: 'join-failure', detail: 'HTTP status 401', error };
    expect(after([lost(lossOf('signal-lost')), failed(refused)])).toEqual({ name: 'ended', loss: refused });
    const late = after([
      lost(lossOf('media-lost')),
      failed({ ...lossOf('signal-lost'), error: new RetryableError('signal-failed', 'refused') }),
      { type: 'expired', timeout: 60_000 },
    ]);
    expect(late).toMatchObject({
      name: 'ended',
      loss: { reason: 'media-lost', detail: 'not back within 60000 ms: refused' },
    });
  });

  test('that fail for the outage do not change its reason', () => {
    expect(after([lost(lossOf('server-shutdown')), failed(), failed()])).toMatchObject({
      loss: { reason: 'server-shutdown' },
      tries: 2,
    });
  });

  test('that were given up unanswered excuse one eviction each, for a while', () => {
    const evicted = lossOf('duplicate-identity');
    const back: RejoinEvent[] = [
      lost(lossOf('signal-lost')),
      failed(lossOf('join-failure'), true),
      { type: 'joined', at: 100_000 },
    ];
    expect(after([...back, lost(evicted, 100_500)])).toMatchObject({ name: 'rejoining', ghosts: 0 });
    expect(after([...back, lost(evicted, 130_000)])).toEqual({ name: 'ended', loss: evicted });
    const again: RejoinEvent[] = [
      ...back,
      lost(evicted, 100_500),
      { type: 'joined', at: 100_600 },
      lost(evicted, 100_700),
    ];
    expect(after(again)).toEqual({ name: 'ended', loss: evicted });
    expect(after([...back.slice(0, 2), failed(evicted)])).toMatchObject({ name: 'rejoining', ghosts: 0 });
    expect(after([lost(lossOf('signal-lost')), failed(evicted)])).toEqual({ name: 'ended', loss: evicted });
  });
});

test('nothing leaves the end', () => {
  const end: RejoinState = { name: 'ended', loss: lossOf('client') };
  const events: RejoinEvent[] = [
    { type: 'joined', at: 1 },
    lost(lossOf('signal-lost')),
    failed(),
    { type: 'expired', timeout: 1 },
  ];
  for (const event of events) expect(next(end, event, policy)).toBe(end);
});
