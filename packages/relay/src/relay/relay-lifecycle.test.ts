import { expect, test } from 'vitest';
import { CancelledError, TerminalError } from '../errors.ts';
import { RelayLifecycle } from './relay-lifecycle.ts';

function lifecycle(signal?: AbortSignal): { life: RelayLifecycle; happened: unknown[] } {
  const happened: unknown[] = [];
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const life = new RelayLifecycle(
    { emit: (event, ...args) => void happened.push([event, ...args]), logger, ...(signal && { signal }) },
    async (reason, cause) => void happened.push(['released', reason, cause.name]),
  );
  return { life, happened };
}

test('what fails while it starts rejects the start, after everything was let go of, and is no event', async () => {
  const refused = new TerminalError('unauthorized', 'no');
  for (const join of [() => Promise.reject(refused), async (life: RelayLifecycle) => life.fail(refused)]) {
    const { life, happened } = lifecycle();
    await expect(life.start(() => join(life))).rejects.toBe(refused);
    expect(happened).toEqual([['released', 'start-failed', 'CancelledError']]);
  }
});

test('a start can be cancelled, and ended', async () => {
  const abort = new AbortController();
  const cancelled = lifecycle(abort.signal);
  const start = cancelled.life.start(async () => {});
  abort.abort('enough');
  await expect(start).rejects.toMatchObject({ name: 'CancelledError', cause: 'enough' });
  const ended = lifecycle();
  const other = ended.life.start(async () => {});
  await ended.life.end('closed');
  await expect(other).rejects.toBeInstanceOf(CancelledError);
  expect(ended.happened).toHaveLength(1);
});

test('what fails while it runs is told, and then nothing but its end', async () => {
  const { life, happened } = lifecycle();
  await life.start(async () => life.ready());
  life.emit('audience', { watched: true });
  life.fail(new Error('broken'));
  life.fail(new Error('broken again'));
  life.emit('audience', { watched: false });
  await Promise.all([life.end('closed'), life.end('closed')]);
  expect(happened).toEqual([
    ['audience', { watched: true }],
    ['failed', { code: 'failed', message: 'the relay broke' }],
    ['released', 'failed', 'CancelledError'],
    ['closed', { reason: 'failed' }],
  ]);
});
