import { type SessionLimits, usualLimits } from '@avatar-bridge/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstDue, limitReached, type Use } from './limits.ts';

const limits: SessionLimits = {
  queuedSeconds: 600,
  maxDurationSeconds: 86_400,
  idleSeconds: 600,
  unwatchedSeconds: 3_600,
  whenUnused: 'park',
};
const minute = 60_000;

describe('firstDue', () => {
  it.each<[string, Use, object]>([
    [
      'parks what nobody uses or watches',
      { createdAt: 0, activeAt: 5 * minute, unwatchedSince: 0 },
      { limit: 'idle', action: 'park', at: 15 * minute, warnAt: 14 * minute },
    ],
    [
      'counts from when the last viewer left',
      { createdAt: 0, activeAt: 0, unwatchedSince: 20 * minute },
      { limit: 'idle', at: 30 * minute },
    ],
    [
      'parks what nobody watches although it is used',
      { createdAt: 0, activeAt: 59 * minute, unwatchedSince: 0 },
      { limit: 'unwatched', at: 60 * minute },
    ],
    [
      'only ends what is watched',
      { createdAt: 0, activeAt: 0, unwatchedSince: undefined },
      { limit: 'max-duration', action: 'end', at: 24 * 60 * minute },
    ],
    [
      'ends rather than parks what has lasted long enough',
      { createdAt: -86_400_000, activeAt: 0, unwatchedSince: 0 },
      { limit: 'max-duration', action: 'end', at: 0 },
    ],
  ])('%s', (_, use, expected) => {
    expect(firstDue(use, limits)).toMatchObject(expected);
  });

  it('ends an unused session where that is asked for', () => {
    const due = firstDue({ createdAt: 0, activeAt: 0, unwatchedSince: 0 }, { ...limits, whenUnused: 'end' });
    expect(due).toMatchObject({ limit: 'idle', action: 'end' });
    expect(limitReached(due, limits)).toEqual({
      type: 'stop.requested',
      end: { outcome: 'stopped', code: 'idle', message: 'Nobody used or watched it for 600 s' },
    });
  });

  it('warns early, but not before a short limit has begun', () => {
    const use = { createdAt: 0, activeAt: 0, unwatchedSince: 0 };
    expect(firstDue(use, { ...limits, idleSeconds: 10 })).toMatchObject({ at: 10_000, warnAt: 8_000 });
  });

  it('never comes sooner for a session that is used', () => {
    const time = fc.integer({ min: 0, max: 100_000_000 });
    fc.assert(
      fc.property(time, time, fc.option(time, { nil: undefined }), (activeAt, later, unwatchedSince) => {
        const before = firstDue({ createdAt: 0, activeAt, unwatchedSince }, usualLimits);
        const after = firstDue(
          { createdAt: 0, activeAt: Math.max(activeAt, later), unwatchedSince },
          usualLimits,
        );
        expect(after.at).toBeGreaterThanOrEqual(before.at);
        expect(after.at).toBeLessThanOrEqual(usualLimits.maxDurationSeconds * 1_000);
      }),
    );
  });
});
