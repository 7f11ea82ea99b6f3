import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Heartbeat } from './heartbeat.ts';

describe('Heartbeat', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const started = () => {
    const ping = vi.fn<() => void>();
    const onDead = vi.fn<() => void>();
    return { ping, onDead, heartbeat: new Heartbeat({ interval: 5_000, timeout: 15_000, ping, onDead }) };
  };

  test('pings at the interval and reports a silent server once, at the timeout', () => {
    const { ping, onDead } = started();
    vi.advanceTimersByTime(14_999);
    expect(ping).toHaveBeenCalledTimes(2);
    expect(onDead).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onDead).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(60_000);
    expect(onDead).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('counts the timeout from the last sign of life', () => {
    const { onDead, heartbeat } = started();
    vi.advanceTimersByTime(14_000);
    heartbeat.alive();
    vi.advanceTimersByTime(14_999);
    expect(onDead).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onDead).toHaveBeenCalledTimes(1);
  });

  test('gives the server one more interval when this process itself was stopped', () => {
    const { onDead, heartbeat } = started();
    const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 40_000);
    vi.advanceTimersByTime(15_000);
    expect(onDead).not.toHaveBeenCalled();
    heartbeat.alive();
    vi.advanceTimersByTime(5_000);
    expect(onDead).not.toHaveBeenCalled();
    now.mockRestore();
    heartbeat.close();
  });

  test('leaves no timer after close', () => {
    const { heartbeat } = started();
    heartbeat.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
