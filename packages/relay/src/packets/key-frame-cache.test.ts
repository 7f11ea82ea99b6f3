import { buildRtpPacket } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { KeyFrameCache } from './key-frame-cache.ts';

type Sent = { number: number; timestamp: number; starts?: boolean; marker?: boolean; length?: number };

function cacheOf(...packets: Sent[]): KeyFrameCache {
  const cache = new KeyFrameCache();
  for (const packet of packets) add(cache, packet);
  return cache;
}

function add(
  cache: KeyFrameCache,
  { number, timestamp, starts = false, marker = false, length = 10 }: Sent,
): void {
  const packet = buildRtpPacket(
    { payloadType: 96, ssrc: 1, sequenceNumber: number, timestamp, marker },
    Buffer.alloc(length, number),
  );
  cache.add(packet, number & 0xffff, starts, marker);
}

const numbersOf = (cache: KeyFrameCache): number[] => cache.packets().map((packet) => packet.readUInt16BE(2));

test('the last complete key frame is kept, in order, whatever the order in which its packets came', () => {
  const cache = cacheOf(
    { number: 65_534, timestamp: 0, starts: true },
    { number: 0, timestamp: 0, marker: true },
    { number: 1, timestamp: 3000, marker: true },
  );
  expect(numbersOf(cache)).toEqual([]);
  add(cache, { number: 65_535, timestamp: 0 });
  expect(numbersOf(cache)).toEqual([65_534, 65_535, 0]);
  add(cache, { number: 2, timestamp: 6000, starts: true });
  add(cache, { number: 3, timestamp: 6000, starts: true });
  expect(numbersOf(cache)).toEqual([65_534, 65_535, 0]);
  add(cache, { number: 4, timestamp: 6000, marker: true });
  expect(numbersOf(cache)).toEqual([2, 3, 4]);
  add(cache, { number: 5, timestamp: 9000, starts: true, marker: true });
  expect(numbersOf(cache)).toEqual([5]);
});

test('a key frame that is not complete, or too large, is not kept', () => {
  const cache = cacheOf(
    { number: 1, timestamp: 0, starts: true, marker: true },
    { number: 2, timestamp: 3000, starts: true },
  );
  add(cache, { number: 4, timestamp: 3000, marker: true });
  expect(numbersOf(cache)).toEqual([1]);
  for (let number = 10; number < 600; number++) {
    add(cache, { number, timestamp: 6000, starts: number === 10, marker: number === 599, length: 100 });
  }
  expect(numbersOf(cache)).toEqual([1]);
  for (let number = 600; number < 1000; number++) {
    add(cache, { number, timestamp: 9000, starts: number === 600, marker: number === 999, length: 1100 });
  }
  expect(numbersOf(cache)).toHaveLength(400);
  expect(
    cache
      .packets()
      .every((packet) => packet.length === 1112 && packet[12] === (packet.readUInt16BE(2) & 0xff)),
  ).toBe(true);
  for (let number = 1000; number < 1500; number++) {
    add(cache, { number, timestamp: 12_000, starts: number === 1000, marker: number === 1499, length: 1200 });
  }
  expect(numbersOf(cache)[0]).toBe(600);
});
