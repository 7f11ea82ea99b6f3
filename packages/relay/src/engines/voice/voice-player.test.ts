import { expect, test } from 'vitest';
import type { PlaylistFact } from './playlist.ts';
import { VoicePlayer } from './voice-player.ts';

const frameSize = 4;
const frames = (count: number) => new Int16Array(count * frameSize).fill(1_000);

/**
 * A player whose sound is `level` 10 and whose silence is 127; `sent` has the time and level of each packet.
 */
function bench() {
  const sent: [at: number, level: number][] = [];
  const facts: PlaylistFact[] = [];
  const player = new VoicePlayer({
    frameSize,
    encode: () => ({ packet: Buffer.alloc(10), level: 10 }),
    send: (_packet, level, at) => void sent.push([at, level]),
    tell: (fact) => void facts.push(fact),
  });
  /** Calls it when it wants to be called, and at `from`. */
  const run = (from: number, to: number): void => {
    for (let now = from; now < to;) now = player.tick(now);
  };
  return { player, sent, facts, run };
}

test('chunks that come in time are sent without a gap, then one packet says that it is quiet', () => {
  const { player, sent, facts, run } = bench();
  player.tick(0);
  player.add('a', frames(2), false);
  run(10, 60);
  player.add('a', frames(1), true);
  run(60, 200);
  expect(sent).toEqual([
    [0, 127],
    [20, 10],
    [40, 10],
    [60, 10],
    [80, 127],
  ]);
  expect(facts).toEqual([
    { type: 'started', utteranceId: 'a' },
    { type: 'ended', utteranceId: 'a', playedSamples: 12, complete: true },
  ]);
});

test('a chunk that is a little late is caught up with; one that is very late goes on from then', () => {
  const { player, sent, run } = bench();
  player.add('a', frames(1), false);
  run(0, 70);
  player.add('a', frames(1), false);
  run(70, 500);
  player.add('a', frames(1), true);
  run(500, 520);
  expect(sent).toEqual([
    [0, 10],
    [20, 10],
    [40, 127],
    [440, 127],
    [500, 10],
  ]);
});

test('at rest a packet is sent every 400 ms', () => {
  const { sent, run } = bench();
  run(0, 1_000);
  expect(sent).toEqual([
    [0, 127],
    [400, 127],
    [800, 127],
  ]);
});

test('clear ends the sound with the packet that is due next; time never goes back', () => {
  const { player, sent, facts, run } = bench();
  player.add('a', frames(10), true);
  run(0, 30);
  player.clear();
  player.add('b', frames(1), true);
  run(30, 100);
  expect(sent).toEqual([
    [0, 10],
    [20, 10],
    [40, 10],
    [60, 127],
  ]);
  expect(facts.map(({ type, utteranceId }) => `${utteranceId} ${type}`)).toEqual([
    'a started',
    'a ended',
    'b started',
    'b ended',
  ]);
});

test('what could not be sent for a while goes on where it was', () => {
  const { player, sent, run } = bench();
  player.add('a', frames(3), true);
  run(0, 20);
  run(5_000, 5_100);
  expect(sent).toEqual([
    [0, 10],
    [5_000, 10],
    [5_020, 10],
    [5_040, 127],
  ]);
});
