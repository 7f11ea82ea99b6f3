import { usualLimits } from '@avatar-bridge/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { now } from '../clock.ts';
import { LimitKeeper } from './limit-keeper.ts';

const minute = 60_000;

describe('LimitKeeper', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** Calls act() when it asked to be called, for so long, until a limit is reached. */
  const open = (viewers: () => Promise<number>) => {
    const told: string[] = [];
    let wanted = 0;
    const keeper = new LimitKeeper({
      limits: usualLimits,
      createdAt: now(),
      viewers,
      warn: ({ limit, inMs }) => told.push(`${limit} in ${inMs / minute} min`),
      reached: ({ limit }) => {
        told.push(limit);
      },
      wake: () => (wanted = 0),
    });
    const run = async (ms: number) => {
      wanted = 0;
      const until = now() + ms;
      while (now() < until && told.at(-1) !== 'idle') {
        if (now() >= wanted) wanted = keeper.act(now());
        // oxlint-disable-next-line no-await-in-loop -- a clock that goes on by itself
        await vi.advanceTimersByTimeAsync(1_000);
      }
    };
    return { keeper, told, run };
  };

  it('warns a minute before, and tells when a session is idle', async () => {
    const { told, run } = open(async () => 0);
    await run(8 * minute);
    expect(told).toEqual([]);
    await run(1.5 * minute);
    expect(told).toEqual(['idle in 1 min']);
    await run(minute);
    expect(told).toEqual(['idle in 1 min', 'idle']);
  });

  it('counts anew after each use, and warns again', async () => {
    const { keeper, told, run } = open(async () => 0);
    await run(9.5 * minute);
    keeper.active(now());
    await run(9.5 * minute);
    expect(told).toEqual(['idle in 1 min', 'idle in 1 min']);
  });

  it('counts from the end of what is said', async () => {
    const { keeper, told, run } = open(async () => 0);
    keeper.busy(true, now());
    await run(5 * minute);
    keeper.busy(false, now());
    await run(9.5 * minute);
    expect(told).toEqual(['idle in 1 min']);
    await run(minute);
    expect(told).toEqual(['idle in 1 min', 'idle']);
  });

  it('does not count while somebody watches', async () => {
    const { keeper, told, run } = open(async () => 0);
    keeper.watched(true, now());
    await run(120 * minute);
    expect(told).toEqual([]);
    keeper.watched(false, now());
    await run(10.5 * minute);
    expect(told).toEqual(['idle in 1 min', 'idle']);
  });

  it('spares a session on whose stage somebody is who receives no picture', async () => {
    const { told, run } = open(async () => 1);
    await run(60 * minute);
    expect(told).toEqual([]);
  });

  it('spares a session while its stage does not answer', async () => {
    let away = true;
    const { told, run } = open(() => (away ? Promise.reject(new Error('away')) : Promise.resolve(0)));
    await run(30 * minute);
    expect(told).toEqual([]);
    away = false;
    await run(minute);
    expect(told).toEqual(['idle']);
  });
});
