import { expect, test } from 'vitest';
import { CancelledError, RetryableError } from '../errors.ts';
import type { RelayCall } from './protocol.ts';
import { RemoteCalls } from './remote-calls.ts';

const source = { kind: 'room' as const, url: 'ws://vendor', token: 'a', avatarIdentity: 'avatar' };
const request: RelayCall = { method: 'switchSource', source };
const died = new RetryableError('host-died', 'SIGKILL');

function bench(): { calls: RemoteCalls; channel: Parameters<RemoteCalls['connect']>[0]; sent: string[] } {
  const sent: string[] = [];
  const channel = {
    call: (call: number, { method }: RelayCall) => void sent.push(`${call} ${method}`),
    cancel: (call: number) => void sent.push(`${call} cancelled`),
  };
  return { calls: new RemoteCalls(), channel, sent };
}

test('a call that is cancelled under way ends as its answer says', async () => {
  const { calls, channel, sent } = bench();
  calls.connect(channel);
  const cancels = [new AbortController(), new AbortController()];
  const [done, refused] = cancels.map(({ signal }) => calls.call(request, signal));
  for (const cancel of cancels) cancel.abort();
  expect(sent).toEqual(['1 switchSource', '2 switchSource', '1 cancelled', '2 cancelled']);
  calls.take(1)!.resolve(null);
  calls.take(2)!.reject(new CancelledError('the switch was cancelled'));
  await expect(done).resolves.toBeNull();
  await expect(refused).rejects.toMatchObject({
    name: 'CancelledError',
    message: 'the switch was cancelled',
  });
});

test('a call that is cancelled before it is sent never is', async () => {
  const { calls, channel, sent } = bench();
  await expect(calls.call(request, AbortSignal.abort('no'))).rejects.toMatchObject({
    name: 'CancelledError',
    cause: 'no',
  });
  const cancel = new AbortController();
  const waiting = calls.call(request, cancel.signal);
  void calls.call({ method: 'stats' });
  cancel.abort('why not');
  await expect(waiting).rejects.toMatchObject({ name: 'CancelledError', cause: 'why not' });
  calls.connect(channel);
  expect(sent).toEqual(['1 stats']);
});

test('a cancelled call whose host dies is cancelled, the others may be made again', async () => {
  const { calls, channel } = bench();
  calls.connect(channel);
  const cancel = new AbortController();
  const cancelled = calls.call(request, cancel.signal);
  const other = calls.call({ method: 'stats' }, new AbortController().signal);
  cancel.abort();
  calls.disconnect(died);
  await expect(cancelled).rejects.toBeInstanceOf(CancelledError);
  await expect(other).rejects.toBe(died);
});

test('a signal that aborts after the answer means nothing', async () => {
  const { calls, channel, sent } = bench();
  calls.connect(channel);
  const cancel = new AbortController();
  const done = calls.call(request, cancel.signal);
  calls.take(1)!.resolve(null);
  cancel.abort();
  await done;
  expect(sent).toEqual(['1 switchSource']);
});
