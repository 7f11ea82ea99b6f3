import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CancelledError, RetryableProviderError, TerminalProviderError } from './provider-errors.ts';
import { VendorCircuit } from './vendor-circuit.ts';

const away = () => Promise.reject(new RetryableProviderError('unavailable', 'HTTP 503'));
const refused = () => Promise.reject(new TerminalProviderError('unauthorized', 'Check HEYGEN_API_KEY'));
const works = () => Promise.resolve('a session');
const asked = vi.fn<() => Promise<string>>();

const states: string[] = [];
const lines: string[] = [];
const logger = pino(
  { level: 'info' },
  { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) },
);
const metrics = { vendorCircuit: (_: string, state: string) => void states.push(state) };
const circuit = () => new VendorCircuit({ provider: 'heygen', metrics, logger });

/** What a call of a session that was live comes to: its answer, or the error. */
const ask = (guard: VendorCircuit, call: () => Promise<unknown>, wasLive = true) =>
  guard.run(call, { wasLive }).catch((error: unknown) => error);
const failing = async (
  guard: VendorCircuit,
  times: number,
  call: () => Promise<unknown> = away,
  wasLive = true,
) => {
  // oxlint-disable-next-line no-await-in-loop -- in a row
  for (let i = 0; i < times; i++) await ask(guard, call, wasLive);
};

beforeEach(() => {
  vi.useFakeTimers();
  states.length = lines.length = 0;
  asked.mockReset().mockImplementation(works);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a vendor that is out of order', () => {
  it('is asked no more after five failures in a row, and those who wait come one after the other', async () => {
    const guard = circuit();
    await failing(guard, 4);
    expect(await ask(guard, works)).toBe('a session');
    await failing(guard, 5);
    const waits: number[] = [];
    for (let i = 0; i < 200; i++) {
      // oxlint-disable-next-line no-await-in-loop -- in a row
      const error = (await ask(guard, asked)) as RetryableProviderError;
      expect(error).toMatchObject({ code: 'vendor-away', message: expect.stringContaining('HTTP 503') });
      waits.push(error.retryAfter ?? 0);
    }
    expect(asked).not.toHaveBeenCalled();
    expect(waits[0]).toBeLessThanOrEqual(1_000);
    expect(waits.every((wait, i) => i === 0 || wait - (waits[i - 1] as number) >= 49)).toBe(true);
    expect(waits.at(-1)).toBeLessThan(31_000);
    expect(states).toEqual(['closed', 'open']);
    expect(lines).toEqual(['the vendor is out of order, sessions wait for it']);
  });

  it('is probed by one at a time, longer pauses between, and serves all again when that one is served', async () => {
    const guard = circuit();
    await failing(guard, 5);
    vi.advanceTimersByTime(1_000);
    await failing(guard, 1);
    vi.advanceTimersByTime(999);
    expect(await ask(guard, asked)).toMatchObject({ code: 'vendor-away' });
    vi.advanceTimersByTime(1_001);
    const probe = Promise.withResolvers<string>();
    const probed = ask(guard, () => probe.promise);
    expect(await ask(guard, asked)).toMatchObject({ code: 'vendor-away' });
    expect(asked).not.toHaveBeenCalled();
    probe.resolve('a session');
    expect(await probed).toBe('a session');
    expect(await Promise.all([ask(guard, asked), ask(guard, asked)])).toEqual(['a session', 'a session']);
    expect(states).toEqual(['closed', 'open', 'probing', 'open', 'probing', 'closed']);
    expect(lines).toHaveLength(2);
  });

  it('is not taken to work because a probe was called off, or did not come to ask it', async () => {
    const guard = circuit();
    await failing(guard, 5);
    vi.advanceTimersByTime(1_000);
    expect(await ask(guard, () => Promise.reject(new CancelledError()))).toBeInstanceOf(CancelledError);
    expect(await ask(guard, asked)).toMatchObject({ code: 'vendor-away' });
    vi.advanceTimersByTime(2_000);
    expect(await ask(guard, () => Promise.resolve(undefined))).toBeUndefined();
    expect(await ask(guard, asked)).toMatchObject({ code: 'vendor-away' });
  });

  it('is one that answers nobody: a full account is not', async () => {
    const guard = circuit();
    await failing(guard, 9, () => Promise.reject(new RetryableProviderError('concurrency-limit', 'Full')));
    expect(await ask(guard, works)).toBe('a session');
    expect(states).toEqual(['closed']);
  });

  it('is probed as the time passes, not as the clock is set', async () => {
    const guard = circuit();
    await failing(guard, 5);
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(1_000);
    expect(await ask(guard, works)).toBe('a session');
  });
});

describe('a refusal of the key', () => {
  it('is an end at once where the key has never worked', async () => {
    const guard = circuit();
    await failing(guard, 9, refused, false);
    expect(await ask(guard, refused, false)).toBeInstanceOf(TerminalProviderError);
    expect(states).toEqual(['closed']);
  });

  it.each([
    ['of a session that was live', (guard: VendorCircuit) => ask(guard, refused)],
    [
      'of a new session where others are live',
      async (guard: VendorCircuit) => {
        await ask(guard, works);
        return ask(guard, refused, false);
      },
    ],
    [
      'of what a session says',
      (guard: VendorCircuit) => guard.bear(refused, { wasLive: true }).catch((error: unknown) => error),
    ],
  ])('%s is another try', async (_, first) => {
    expect(await first(circuit())).toMatchObject({ name: 'RetryableProviderError', code: 'unauthorized' });
  });

  it('that passes ends nothing', async () => {
    const guard = circuit();
    await failing(guard, 5, refused);
    expect(await ask(guard, asked)).toMatchObject({ code: 'vendor-away' });
    vi.advanceTimersByTime(50_000);
    expect(await ask(guard, works)).toBe('a session');
    expect(await ask(guard, refused)).toMatchObject({ name: 'RetryableProviderError' });
  });

  it('that stays for a minute is an end for all, also for those who wait', async () => {
    const guard = circuit();
    await failing(guard, 5, refused);
    vi.advanceTimersByTime(60_000);
    expect(await ask(guard, refused)).toMatchObject({ name: 'TerminalProviderError', code: 'unauthorized' });
    expect(await ask(guard, asked)).toMatchObject({ message: 'Check HEYGEN_API_KEY' });
    expect(asked).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(await ask(guard, works)).toBe('a session');
  });
});
