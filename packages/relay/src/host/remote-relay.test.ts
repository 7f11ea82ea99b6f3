import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CancelledError } from '../errors.ts';
import type { RelayCall } from './protocol.ts';
import { RemoteRelay } from './remote-relay.ts';

function remote(): { relay: RemoteRelay; calls: { call: number; request: RelayCall }[]; closes: string[] } {
  const calls: { call: number; request: RelayCall }[] = [];
  const closes: string[] = [];
  const relay = new RemoteRelay(
    'ses_1',
    { engine: 'rtp', reason: 'default' },
    {
      call: (call, request) => void calls.push({ call, request }),
      close: (reason) => void closes.push(reason),
    },
  );
  return { relay, calls, closes };
}

test('events from before the listeners are set are kept for them, in order', async () => {
  const { relay } = remote();
  const seen: string[] = [];
  relay.onEvent({ type: 'event', relay: 1, event: 'speaking', args: [{ active: true, level: 1 }] });
  relay.started();
  relay.onEvent({ type: 'event', relay: 1, event: 'firstFrame', args: [{ kind: 'video', at: 1 }] });
  await Promise.resolve();
  relay.on('speaking', () => seen.push('speaking'));
  relay.on('firstFrame', () => seen.push('firstFrame'));
  await setImmediate();
  expect(seen).toEqual(['speaking', 'firstFrame']);
});

test('answers find their calls, whatever their order', async () => {
  const { relay, calls } = remote();
  const first = relay.sendToStage('a');
  const second = relay.setAvatarState('thinking');
  expect(calls.map(({ request }) => request)).toEqual([
    { method: 'sendToStage', payload: 'a', options: {} },
    { method: 'setAvatarState', state: 'thinking' },
  ]);
  relay.onFault(calls[1]!.call, { kind: 'retryable', code: 'disconnected', message: 'gone', side: 'stage' });
  relay.onResult(calls[0]!.call, null);
  relay.onResult(999, null);
  await expect(first).resolves.toBeUndefined();
  await expect(second).rejects.toMatchObject({ name: 'RetryableError', code: 'disconnected', side: 'stage' });
});

test('the end of the host ends the relay and its calls', async () => {
  const { relay, closes } = remote();
  const events: string[] = [];
  relay.on('failed', ({ code }) => events.push(code));
  relay.on('closed', ({ reason }) => events.push(reason));
  relay.started();
  await setImmediate();
  const call = relay.stats();
  const closing = relay.close('why not');
  relay.hostDied('SIGKILL');
  await expect(call).rejects.toBeInstanceOf(CancelledError);
  await closing;
  expect(events).toEqual(['host-died', 'host-died']);
  expect(closes).toEqual(['why not']);
  await expect(relay.stats()).rejects.toBeInstanceOf(CancelledError);
});
