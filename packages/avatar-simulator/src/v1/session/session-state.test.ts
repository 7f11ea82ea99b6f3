import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../limits.ts';
import {
  deadline,
  next,
  opened,
  sessionLimits,
  type SessionEvent,
  type SessionState,
} from './session-state.ts';

const limits = { idle: 120_000, duration: 600_000, clientJoin: 300_000 };
const run = (events: SessionEvent[], from: SessionState = opened(0)) =>
  events.reduce((state, event) => next(state, event, limits), from);

describe('the state of a vendor session', () => {
  it('goes from new over connecting to connected', () => {
    expect(run([{ type: 'start', at: 5 }]).name).toBe('connecting');
    expect(
      run([
        { type: 'start', at: 5 },
        { type: 'tracks-up', at: 9 },
      ]),
    ).toMatchObject({ name: 'connected', startedAt: 5, connectedAt: 9 });
  });

  it('takes no event that makes no sense', () => {
    expect(run([{ type: 'tracks-up', at: 9 }]).name).toBe('new');
    expect(run([{ type: 'speech-started', at: 9 }])).toEqual(opened(0));
    const connected = run([
      { type: 'start', at: 5 },
      { type: 'tracks-up', at: 9 },
    ]);
    expect(next(connected, { type: 'start', at: 20 }, limits)).toBe(connected);
  });

  it('stays closed, with the first reason', () => {
    const closed = run([
      { type: 'close', at: 7, reason: 'stopped' },
      { type: 'close', at: 8, reason: 'dropped' },
      { type: 'start', at: 9 },
    ]);
    expect(closed).toEqual({ name: 'closed', openedAt: 0, closedAt: 7, reason: 'stopped' });
    expect(deadline(closed, limits)).toBeUndefined();
  });

  it('ends when it is idle, and any activity puts that off', () => {
    const started = run([{ type: 'start', at: 1_000 }]);
    expect(deadline(started, limits)).toEqual({ at: 121_000, reason: 'idle-timeout' });
    const kept = next(started, { type: 'activity', at: 100_000 }, limits);
    expect(next(kept, { type: 'time', at: 121_000 }, limits).name).toBe('connecting');
    expect(next(kept, { type: 'time', at: 220_000 }, limits)).toMatchObject({
      name: 'closed',
      reason: 'idle-timeout',
    });
  });

  it('is not idle while it speaks', () => {
    const speaking = run([
      { type: 'start', at: 0 },
      { type: 'client-joined', at: 1 },
      { type: 'tracks-up', at: 2 },
      { type: 'speech-started', at: 3 },
    ]);
    expect(deadline(speaking, limits)).toEqual({ at: 600_000, reason: 'duration-limit' });
    expect(deadline(next(speaking, { type: 'speech-ended', at: 200_000 }, limits), limits)).toEqual({
      at: 320_000,
      reason: 'idle-timeout',
    });
  });

  it('ends when no client joins, and at the duration limit whatever happens', () => {
    const busy = (state: SessionState, at: number) => next(state, { type: 'activity', at }, limits);
    const alone = busy(run([{ type: 'start', at: 0 }]), 299_000);
    expect(next(alone, { type: 'time', at: 300_000 }, limits)).toMatchObject({ reason: 'no-client' });
    const joined = busy(next(alone, { type: 'client-joined', at: 299_500 }, limits), 599_000);
    expect(next(joined, { type: 'time', at: 600_000 }, limits)).toMatchObject({ reason: 'duration-limit' });
  });

  it('takes the idle timeout from the request', () => {
    expect(sessionLimits(defaultLimits, {}).idle).toBe(120_000);
    expect(sessionLimits(defaultLimits, { activity_idle_timeout: 30 }).idle).toBe(30_000);
    expect(sessionLimits(defaultLimits, { disable_idle_timeout: true }).idle).toBeUndefined();
  });
});
