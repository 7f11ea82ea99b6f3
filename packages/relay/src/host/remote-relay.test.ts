import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CancelledError, RetryableError, TerminalError } from '../errors.ts';
import type { RelayEvents, RelayOptions, RoomRelayOptions } from '../media-relay.ts';
import { told } from './event-continuity.ts';
import type { RelayCall } from './protocol.ts';
import { RemoteRelay } from './remote-relay.ts';

type Run = {
  options: RelayOptions;
  calls: { call: number; request: RelayCall }[];
  cancels: number[];
  closes: string[];
};

const OPTIONS: RoomRelayOptions = {
  id: 'ses_1',
  source: { kind: 'room' as const, url: 'ws://vendor', token: 'a', avatarIdentity: 'avatar' },
  stage: { url: 'ws://stage', token: 'b' },
};
const NAMES: (keyof RelayEvents)[] = [
  'firstFrame',
  'mediaResumed',
  'speaking',
  'sourceDisconnected',
  'restarting',
  'restarted',
  'failed',
  'closed',
];

/** A relay whose hosts are this test. */
function remote(): { relay: RemoteRelay; runs: Run[]; seen: string[] } {
  const runs: Run[] = [];
  const seen: string[] = [];
  const relay = new RemoteRelay(OPTIONS, { engine: 'rtp', reason: 'default' }, (options) => {
    const run: Run = { options, calls: [], cancels: [], closes: [] };
    runs.push(run);
    return {
      call: (call, request) => void run.calls.push({ call, request }),
      cancel: (call) => void run.cancels.push(call),
      close: (reason) => void run.closes.push(reason),
    };
  });
  for (const name of NAMES) {
    relay.on(name, (event: { reason?: string; code?: string }) => {
      seen.push([name, event.reason ?? event.code].filter((word) => word !== undefined).join(' '));
    });
  }
  return { relay, runs, seen };
}

async function running(): Promise<ReturnType<typeof remote>> {
  const all = remote();
  const start = all.relay.start(undefined);
  all.relay.onStarted();
  await start;
  await setImmediate();
  return all;
}

async function until(condition: () => boolean): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- a poll
  while (!condition()) await sleep(5);
}

test('events from before the listeners are set are kept for them, in order', async () => {
  const { relay } = remote();
  const seen: string[] = [];
  const start = relay.start(undefined);
  relay.onEvent(told('speaking', { active: true, level: 1 }));
  relay.onStarted();
  relay.onEvent(told('firstFrame', { kind: 'video', at: 1 }));
  await start;
  relay.on('speaking', () => seen.push('speaking'));
  relay.on('firstFrame', () => seen.push('firstFrame'));
  await setImmediate();
  expect(seen).toEqual(['speaking', 'firstFrame']);
});

test('answers find their calls, whatever their order', async () => {
  const { relay, runs } = await running();
  const first = relay.sendToStage('a');
  const second = relay.setAvatarState('thinking');
  const { calls } = runs[0]!;
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

test('when its host is gone it starts on another one, and calls wait for that', async () => {
  const { relay, runs, seen } = await running();
  relay.onEvent(told('firstFrame', { kind: 'video', at: 1 }));
  relay.onEvent(told('speaking', { active: true, level: 1 }));
  const said = relay.setAvatarState('speaking');
  relay.onHostGone('SIGKILL');
  await expect(said).rejects.toMatchObject({ name: 'RetryableError', code: 'host-died' });
  const waiting = relay.sendToStage('later');
  await until(() => runs.length === 2);
  expect(runs[1]).toEqual({ options: OPTIONS, calls: [], cancels: [], closes: [] });
  relay.onEvent(told('firstFrame', { kind: 'video', at: 2 }));
  relay.onStarted();
  expect(runs[1]!.calls.map(({ request }) => request)).toEqual([
    { method: 'setAvatarState', state: 'speaking' },
    { method: 'sendToStage', payload: 'later', options: {} },
  ]);
  relay.onResult(runs[1]!.calls[0]!.call, null);
  relay.onResult(runs[1]!.calls[1]!.call, null);
  await waiting;
  expect(seen).toEqual([
    'firstFrame',
    'speaking',
    'restarting host-died',
    'restarted',
    'speaking',
    'mediaResumed',
  ]);
  const stats = relay.stats();
  relay.onResult(runs[1]!.calls[2]!.call, { id: 'ses_1', uptime: 1 });
  await expect(stats).resolves.toMatchObject({ engine: 'rtp', restarts: 1 });
});

test.concurrent('a host that dies again and again ends the relay', async () => {
  const { relay, runs, seen } = await running();
  for (const run of [2, 3, 4]) {
    relay.onHostGone('SIGKILL');
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await until(() => runs.length === run);
  }
  relay.onHostGone('SIGKILL');
  expect(seen).toEqual(['restarting host-died', 'failed host-died', 'closed host-died']);
  await relay.ended;
  await expect(relay.stats()).rejects.toBeInstanceOf(CancelledError);
  await relay.close();
});

test('a restart that is refused ends the relay with what was said', async () => {
  const { relay, runs, seen } = await running();
  relay.onHostGone('SIGKILL');
  await until(() => runs.length === 2);
  const waiting = relay.sendToStage('later');
  relay.onRefused(new TerminalError('unauthorized', 'used up', { side: 'source' }));
  await expect(waiting).rejects.toBeInstanceOf(CancelledError);
  expect(seen).toEqual(['restarting host-died', 'failed unauthorized', 'closed unauthorized']);
});

test('nothing is brought back from a vendor room that is gone', async () => {
  const { relay, runs, seen } = await running();
  relay.onEvent(told('sourceDisconnected', { reason: 'room-closed' }));
  relay.onHostGone('SIGKILL');
  expect(seen).toEqual(['sourceDisconnected room-closed', 'failed host-died', 'closed host-died']);
  expect(runs).toHaveLength(1);
});

test('it can be closed on its host, between hosts, and on its way to the next', async () => {
  const onHost = await running();
  const closing = onHost.relay.close('why not');
  expect(onHost.runs[0]!.closes).toEqual(['why not']);
  onHost.relay.onHostGone('SIGKILL');
  await closing;
  expect(onHost.seen).toEqual(['closed why not']);

  const between = await running();
  between.relay.once('restarting', () => void between.relay.close('enough'));
  between.relay.onHostGone('SIGKILL');
  await between.relay.ended;
  await sleep(20);
  expect(between.runs).toHaveLength(1);
  expect(between.seen).toEqual(['restarting host-died', 'closed enough']);

  const starting = await running();
  starting.relay.onHostGone('SIGKILL');
  await until(() => starting.runs.length === 2);
  void starting.relay.close('drained');
  expect(starting.runs[1]!.closes).toEqual(['drained']);
  starting.relay.onRefused(new CancelledError('the start of the relay was cancelled'));
  await starting.relay.ended;
  expect(starting.seen).toEqual(['restarting host-died', 'closed drained']);
});

test.concurrent('a start whose host dies is made again; it can be cancelled, and gives up', async () => {
  const { relay, runs } = remote();
  const start = relay.start(undefined);
  relay.onEvent(told('firstFrame', { kind: 'video', at: 1 }));
  relay.onHostGone('SIGKILL');
  await until(() => runs.length === 2);
  relay.onStarted();
  await start;

  const hopeless = remote();
  const failed = hopeless.relay.start(undefined);
  for (const run of [2, 3, 4]) {
    hopeless.relay.onHostGone('SIGKILL');
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await until(() => hopeless.runs.length === run);
  }
  hopeless.relay.onHostGone('SIGKILL');
  await expect(failed).rejects.toBeInstanceOf(RetryableError);
  await expect(failed).rejects.toMatchObject({ code: 'host-died' });
  await hopeless.relay.ended;

  const cancelled = remote();
  const cancel = new AbortController();
  const start3 = cancelled.relay.start(cancel.signal);
  cancelled.relay.onHostGone('SIGKILL');
  cancel.abort();
  await expect(start3).rejects.toBeInstanceOf(CancelledError);
  await cancelled.relay.ended;
});

test('a start that is cancelled when it has just been done rejects when the relay has closed', async () => {
  const { relay, runs } = remote();
  const cancel = new AbortController();
  const start = relay.start(cancel.signal);
  cancel.abort();
  expect(runs[0]!.closes).toEqual(['cancelled']);
  relay.onStarted();
  relay.onEvent(told('closed', { reason: 'cancelled' }));
  await expect(start).rejects.toBeInstanceOf(CancelledError);
});

test.concurrent('a restart is made with the newest tokens', async () => {
  const { relay, runs } = await running();
  relay.onTokenRefreshed('a', 'a1');
  relay.onHostGone('gone');
  await until(() => runs.length === 2);
  expect(runs[1]!.options).toEqual({ ...OPTIONS, source: { ...OPTIONS.source, token: 'a1' } });
  relay.onTokenRefreshed('b', 'b1');
  relay.onStarted();
  const source = { ...OPTIONS.source, token: 'c' };
  const switched = relay.switchSource(source);
  relay.onTokenRefreshed('c', 'c1');
  relay.onResult(runs[1]!.calls.at(-1)!.call, null);
  await switched;
  relay.onHostGone('gone');
  await until(() => runs.length === 3);
  expect(runs[2]!.options).toEqual({
    ...OPTIONS,
    source: { ...source, token: 'c1' },
    stage: { ...OPTIONS.stage, token: 'b1' },
  });
});

test('a restart goes to the source that was switched to, also when the first one is gone', async () => {
  const { relay, runs } = await running();
  const source = { ...OPTIONS.source, token: 'c' };
  relay.onEvent(told('sourceDisconnected', { reason: 'room-deleted' }));
  const switched = relay.switchSource(source);
  relay.onResult(runs[0]!.calls.at(-1)!.call, null);
  await switched;
  relay.onHostGone('gone');
  await until(() => runs.length === 2);
  expect(runs[1]!.options).toEqual({ ...OPTIONS, source });
});
