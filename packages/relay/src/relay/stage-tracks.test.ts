import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RelayMediaKind } from '../media-relay.ts';
import type { StallEvent } from './stall-watch.ts';
import type { StageRoom, StageTrack } from './engine.ts';
import { StageTracks } from './stage-tracks.ts';

type Track = { kind: RelayMediaKind; name: string };

function bench() {
  const happened: unknown[] = [];
  const latest = new Map<RelayMediaKind, Track>();
  const events: (StallEvent | undefined)[] = [];
  const publishing: PromiseWithResolvers<boolean>[] = [];
  const onStage = {
    lastPacketAt: -1,
    muted: false,
    feed(track: Track) {
      if (track.name === 'strange') throw new Error('strange');
      happened.push(`feed ${track.name}`);
    },
    check: () => events.shift(),
    close: () => void happened.push('close'),
  };
  const room = {
    async publish(track: Track) {
      happened.push(`publish ${track.name}`);
      publishing.push(Promise.withResolvers());
      return (await publishing.at(-1)!.promise) ? (onStage as unknown as StageTrack<Track>) : undefined;
    },
  } as unknown as StageRoom<Track>;
  const tracks = new StageTracks<Track>({
    stage: () => Promise.resolve(room),
    latest: (kind) => latest.get(kind),
    complete: () => void happened.push('complete'),
    firstFrame: () => {},
    stalled: (stall) => void happened.push(['stalled', stall]),
    resumed: (stall) => void happened.push(['resumed', stall]),
    failed: (error) => void happened.push(error),
    signal: new AbortController().signal,
  });
  const offer = async (track: Track): Promise<void> => {
    latest.set(track.kind, track);
    tracks.offer(track);
    await turn();
  };
  const published = async (isThere: boolean): Promise<void> => {
    publishing.at(-1)!.resolve(isThere);
    await turn();
  };
  return { tracks, latest, happened, events, onStage, offer, published };
}

const picture = (name: string): Track => ({ kind: 'video', name });

test('a kind is put on the stage once, and fed with the newest track that there is by then', async () => {
  const { tracks, happened, offer, published } = bench();
  await offer(picture('first'));
  await offer(picture('second'));
  await published(true);
  await offer(picture('third'));
  expect(tracks.complete).toBe(false);
  await offer({ kind: 'audio', name: 'voice' });
  await published(true);
  expect(happened).toEqual([
    'publish first',
    'feed second',
    'feed third',
    'publish voice',
    'feed voice',
    'complete',
  ]);
});

test('a track that ends before there is anything to put on the stage leaves it to the next', async () => {
  const { tracks, latest, happened, offer, published } = bench();
  await offer(picture('first'));
  latest.clear();
  await published(false);
  await offer(picture('second'));
  latest.set('video', picture('third'));
  await published(false);
  await published(true);
  expect(happened).toEqual(['publish first', 'publish second', 'publish third', 'feed third']);
  expect(tracks.missing).toEqual(['video', 'audio']);
});

test('stalls are told by kind; one that was closed meanwhile is taken back', async () => {
  const { tracks, happened, events, onStage, offer, published } = bench();
  await offer(picture('first'));
  await published(true);
  happened.length = 0;
  events.push({ type: 'stalled', since: 1000.4 });
  tracks.check(0);
  expect(tracks.isStalled('video')).toBe(true);
  events.push({ type: 'resumed', gap: 1200 });
  tracks.check(0);
  expect(tracks.isStalled('video')).toBe(false);
  expect(happened).toEqual([
    ['stalled', { kind: 'video', sinceMs: 1000 }],
    ['resumed', { kind: 'video', gapMs: 1200 }],
  ]);
  onStage.muted = true;
  expect(tracks.missing).toEqual(['audio']);
  await offer({ kind: 'audio', name: 'voice' });
  tracks.close();
  await published(true);
  expect(happened.slice(2)).toEqual(['publish voice', 'close', 'close']);
  expect(tracks.complete).toBe(false);
});

test('a track that cannot be carried is a failure', async () => {
  const { happened, offer, published } = bench();
  await offer(picture('first'));
  await published(true);
  await offer(picture('strange'));
  expect(happened.at(-1)).toMatchObject({ message: 'strange' });
});
