import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Playlist, type PlaylistFact } from './playlist.ts';

const ramp = (from: number, count: number) => Int16Array.from({ length: count }, (_, index) => from + index);

function play(playlist: Playlist): { samples: number[]; facts: PlaylistFact[] } {
  const samples: number[] = [];
  const facts: PlaylistFact[] = [];
  for (;;) {
    const next = playlist.next();
    facts.push(...next.facts);
    if (next.frame === undefined) return { samples, facts };
    samples.push(...next.frame);
  }
}

test('plays utterances in the order of their first chunks and fills up the end of each with silence', () => {
  const playlist = new Playlist(4);
  playlist.add('a', ramp(1, 3), false);
  playlist.add('b', ramp(10, 2), true);
  playlist.add('a', ramp(4, 2), true);
  const { samples, facts } = play(playlist);
  expect(samples).toEqual([1, 2, 3, 4, 5, 0, 0, 0, 10, 11, 0, 0]);
  expect(facts).toEqual([
    { type: 'started', utteranceId: 'a' },
    { type: 'ended', utteranceId: 'a', playedSamples: 5, complete: true },
    { type: 'started', utteranceId: 'b' },
    { type: 'ended', utteranceId: 'b', playedSamples: 2, complete: true },
  ]);
  expect(playlist.empty).toBe(true);
});

test('waits for the rest of an utterance before the next one begins', () => {
  const playlist = new Playlist(4);
  playlist.add('a', ramp(1, 2), false);
  playlist.add('b', ramp(10, 4), true);
  expect(play(playlist)).toEqual({ samples: [], facts: [] });
  playlist.add('a', ramp(3, 2), true);
  expect(play(playlist).samples).toEqual([1, 2, 3, 4, 10, 11, 12, 13]);
});

test('an utterance without sound ends without having started', () => {
  const playlist = new Playlist(4);
  playlist.add('a', new Int16Array(0), true);
  expect(play(playlist).facts).toEqual([
    { type: 'ended', utteranceId: 'a', playedSamples: 0, complete: true },
  ]);
});

test('clear tells how much was played of what it drops', () => {
  const playlist = new Playlist(4);
  playlist.add('a', ramp(1, 8), false);
  playlist.next();
  playlist.add('b', ramp(1, 8), true);
  expect(playlist.clear()).toEqual([
    { type: 'ended', utteranceId: 'a', playedSamples: 4, complete: false },
    { type: 'ended', utteranceId: 'b', playedSamples: 0, complete: false },
  ]);
  expect(playlist.empty).toBe(true);
});

test('whatever the chunks, every sample is played once and in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 50 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 20 }),
      (sizes, frame) => {
        const playlist = new Playlist(frame);
        let at = 1;
        for (const size of sizes) {
          playlist.add('a', ramp(at, size), false);
          at += size;
        }
        playlist.add('a', new Int16Array(0), true);
        expect(play(playlist).samples.slice(0, at - 1)).toEqual([...ramp(1, at - 1)]);
      },
    ),
  );
});
