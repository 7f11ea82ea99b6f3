import { describe, expect, test } from 'vitest';
import { unlessAborted, withDeadline } from './deadline.ts';
import { CancelledError, RetryableError, TerminalError } from './errors.ts';

const never = () => new Promise<never>(() => undefined);

describe('withDeadline', () => {
  test('passes results and errors of the work on', async () => {
    expect(await withDeadline({ what: 'x', timeout: 1_000, signals: [] }, async () => 7)).toBe(7);
    await expect(
      withDeadline({ what: 'x', timeout: 1_000, signals: [] }, () => Promise.reject(new Error('no'))),
    ).rejects.toThrow('no');
  });

  test('fails with a RetryableError when it takes too long, and tells the work', async () => {
    let seen: AbortSignal | undefined;
    const late = withDeadline({ what: 'waiting', timeout: 10, signals: [] }, (signal) => {
      seen = signal;
      return never();
    });
    await expect(late).rejects.toMatchObject({ code: 'timeout', message: 'waiting took longer than 10 ms' });
    await expect(late).rejects.toBeInstanceOf(RetryableError);
    expect(seen?.aborted).toBe(true);
  });

  test("fails with a CancelledError when the caller's signal aborts, before or during the work", async () => {
    await expect(
      withDeadline({ what: 'x', timeout: 1_000, signals: [AbortSignal.abort()] }, never),
    ).rejects.toBeInstanceOf(CancelledError);
    const controller = new AbortController();
    const cancelled = withDeadline(
      { what: 'x', timeout: 1_000, signals: [undefined, controller.signal] },
      never,
    );
    controller.abort(new Error('why'));
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled', cause: new Error('why') });
  });

  test('fails with the reason when that is an error of this package', async () => {
    const reason = new TerminalError('removed', 'gone');
    await expect(
      withDeadline({ what: 'x', timeout: 1_000, signals: [AbortSignal.abort(reason)] }, never),
    ).rejects.toBe(reason);
  });
});

describe('unlessAborted', () => {
  test('waits for the promise, but not beyond the abort', async () => {
    const controller = new AbortController();
    expect(await unlessAborted(Promise.resolve(1), controller.signal)).toBe(1);
    const waiting = unlessAborted(never(), controller.signal);
    const reason = new CancelledError('stop');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(unlessAborted(Promise.resolve(1), controller.signal)).rejects.toBe(reason);
    await expect(unlessAborted(Promise.reject(new Error('later')), controller.signal)).rejects.toBe(reason);
  });
});
