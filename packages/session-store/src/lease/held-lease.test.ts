import { beforeEach, expect, test, vi } from 'vitest';
import { CancelledError, FencedError } from '../errors.ts';
import { HeldLease } from './held-lease.ts';

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

const sessionId = `ses_${'0'.repeat(32)}`;
const held = (since = performance.now()) =>
  new HeldLease({ sessionId, epoch: 1, lockDuration: 10_000, since });

test('it fences itself before its lock can run out', () => {
  const lease = held();
  vi.advanceTimersByTime(8_999);
  expect(lease.remaining()).toBe(1);
  expect(lease.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(lease.remaining()).toBe(0);
  expect(lease.signal.reason).toBeInstanceOf(FencedError);
  expect(lease.fenced.reason).toBeInstanceOf(FencedError);
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
  vi.advanceTimersByTime(6_000);
  expect(lease.fenced.aborted).toBe(true);
});

test('a renewal that comes too late changes nothing any more', () => {
  const lease = held();
  vi.advanceTimersByTime(9_500);
  lease.renewed(performance.now());
  expect(lease.remaining()).toBe(0);
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
