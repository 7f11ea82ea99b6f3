import { expect, test } from 'vitest';
import { CancelledError } from '../errors.ts';
import { JoinedRooms } from './joined-rooms.ts';
import type { RelayEngine, SourceRoom } from './engine.ts';
import { deaf } from './source-link.ts';
import { SourceRooms } from './source-rooms.ts';
import { StageTracks } from './stage-tracks.ts';

type Track = { kind: 'video' | 'audio' };

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const source = (token: string) => ({
  kind: 'room' as const,
  url: 'ws://vendor',
  token,
  avatarIdentity: 'avatar',
});

/** Rooms that are joined when the test says so, by their tokens. */
function bench(): {
  sources: SourceRooms<Track>;
  joins: Map<string, () => void>;
  left: string[];
  heard: string[];
} {
  const joins = new Map<string, () => void>();
  const left: string[] = [];
  const heard: string[] = [];
  const engine: Pick<RelayEngine<Track>, 'joinSource'> = {
    joinSource: ({ token }) => {
      const { promise, resolve } = Promise.withResolvers<SourceRoom>();
      joins.set(token, () =>
        resolve({
          sendData: async (payload) => void heard.push(`${token}: ${payload}`),
          everySecond: () => {},
          close: async (reason) => void left.push(`${token}: ${reason}`),
        }),
      );
      return promise;
    },
  };
  const rooms = new JoinedRooms();
  const { signal } = rooms;
  const ignore = (): void => {};
  const onStage = new StageTracks<Track>({
    stage: () => undefined,
    latest: () => undefined,
    complete: ignore,
    firstFrame: ignore,
    stalled: ignore,
    resumed: ignore,
    failed: ignore,
    signal,
  });
  const context = { signal, logger: SILENT, tokenRefreshed: ignore };
  const sources = new SourceRooms({
    engine,
    context,
    rooms,
    onStage,
    handlers: deaf<Track>(),
    mediaTimeout: 10_000,
  });
  return { sources, joins, left, heard };
}

async function joined(): Promise<ReturnType<typeof bench>> {
  const all = bench();
  const join = all.sources.join(source('a'));
  all.joins.get('a')!();
  await join;
  return all;
}

test('a switch that is cancelled while the other room is being joined rejects at once, and that room is left when it is joined', async () => {
  const { sources, joins, left, heard } = await joined();
  const cancel = new AbortController();
  const switching = sources.switchTo(source('b'), cancel.signal);
  cancel.abort(new Error('why not'));
  await expect(switching).rejects.toBeInstanceOf(CancelledError);
  await expect(switching).rejects.toMatchObject({ side: 'source', cause: cancel.signal.reason });
  expect(left).toEqual([]);
  joins.get('b')!();
  await expect.poll(() => left).toEqual(['b: switch-failed']);
  await sources.sendData('still here', undefined);
  expect(heard).toEqual(['a: still here']);
});

test('a switch that was cancelled before it began joins nothing, and the next one may begin', async () => {
  const { sources, joins } = await joined();
  await expect(sources.switchTo(source('b'), AbortSignal.abort())).rejects.toBeInstanceOf(CancelledError);
  expect([...joins.keys()]).toEqual(['a']);
  const cancel = new AbortController();
  const switching = sources.switchTo(source('c'), cancel.signal);
  expect([...joins.keys()]).toEqual(['a', 'c']);
  cancel.abort();
  await expect(switching).rejects.toBeInstanceOf(CancelledError);
});
