import * as fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import { CancelledError, FencedError } from '../errors.ts';
import { HeldLease, type LeaseEvent, type LeaseState, next } from './held-lease.ts';

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

const sessionId = `ses_${'0'.repeat(32)}`;
const held = (since = performance.now()) =>
  new HeldLease({ sessionId, epoch: 1, lockDuration: 10_000, maxSilenceMs: 300_000, since });

test('a lease lets nobody act before its lock can run out, and is not over by that', () => {
  const lease = held();
  vi.advanceTimersByTime(8_999);
  expect(lease.remaining()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(lease.remaining()).toBe(0);
  expect(lease.signal.aborted).toBe(false);
});

test('a lease that was renewed after a silence is as good as before', () => {
  const lease = held();
  vi.advanceTimersByTime(200_000);
  expect(lease.remaining()).toBe(0);
  lease.renewed(performance.now());
  expect(lease.remaining()).toBe(9_000);
  vi.advanceTimersByTime(200_000);
  expect(lease.signal.aborted).toBe(false);
});

test('a lease is over when Redis was silent for too long', () => {
  const lease = held();
  vi.advanceTimersByTime(309_000);
  expect(lease.signal.reason).toBeInstanceOf(FencedError);
  expect(String(lease.fenced.reason)).toContain('silent for 5 minutes');
  lease.renewed(performance.now());
  expect(lease.remaining()).toBe(0);
});

test('a renewal counts from when it was asked for, not from when the answer came', () => {
  const lease = held();
  vi.advanceTimersByTime(4_000);
  const asked = performance.now();
  vi.advanceTimersByTime(3_000);
  lease.renewed(asked);
  expect(lease.remaining()).toBe(6_000);
  lease.renewed(asked - 2_000);
  expect(lease.remaining()).toBe(6_000);
});

test('a lock that was taken long ago leaves only the rest of its time', () => {
  const lease = held(performance.now() - 5_000);
  expect(lease.remaining()).toBe(4_000);
});

test('a lease that is being handed over may still be fenced', () => {
  const lease = held();
  lease.handOver('drain');
  expect(lease.signal.reason).toBeInstanceOf(CancelledError);
  expect(lease.fenced.aborted).toBe(false);
  expect(lease.remaining()).toBeGreaterThan(0);
  lease.fence('its lock is gone');
  expect(lease.fenced.aborted).toBe(true);
  expect(lease.remaining()).toBe(0);
});

test('a released lease has no timers', () => {
  const lease = held();
  lease.release();
  expect(vi.getTimerCount()).toBe(0);
});

test('whatever happens, a lease is certain only for so long after a renewal, and once over it stays over', () => {
  const times = { lastingMs: 100, maxSilenceMs: 1_000 };
  const step = fc.record({
    passes: fc.integer({ min: 0, max: 400 }),
    type: fc.constantFrom('renewed' as const, 'lost' as const, 'time' as const),
    late: fc.integer({ min: 0, max: 150 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let now = 0;
      let asked = 0;
      let state: LeaseState = { name: 'held', until: times.lastingMs };
      const broken = steps.flatMap(({ passes, type, late }) => {
        now += passes;
        const event: LeaseEvent =
          type === 'renewed'
            ? { type, asked: now - late }
            : type === 'lost'
              ? { type, why: 'taken' }
              : { type, now };
        if (event.type === 'renewed') asked = Math.max(asked, event.asked);
        const before = state;
        state = next(state, event, times);
        return [
          ...(before.name === 'over' && state !== before ? ['it came back'] : []),
          ...(state.name === 'held' && state.until > asked + times.lastingMs ? ['it is held too long'] : []),
          ...(state.name === 'over' && before.name !== 'over' && event.type === 'renewed'
            ? ['renewed away']
            : []),
        ];
      });
      expect(broken).toEqual([]);
    }),
  );
});
