import { expect, test } from 'vitest';
import { BlockedUdp } from './blocked-udp.ts';

const url = 'wss://stage.example/livekit';

test('a server that UDP missed is avoided for 30 s, then tried by one relay, and for longer each time', () => {
  const udp = new BlockedUdp();
  expect(udp.avoid(url, 0)).toBe(false);
  udp.missed(url, 0);
  expect(udp.avoid(url, 29_999)).toBe(true);
  expect(udp.avoid('wss://other.example', 1)).toBe(false);
  expect(udp.avoid(url, 30_000)).toBe(false);
  expect(udp.avoid(url, 30_001)).toBe(true);
  udp.missed(url, 40_000);
  expect(udp.avoid(url, 99_999)).toBe(true);
  expect(udp.avoid(url, 100_000)).toBe(false);
});

test('a server that a relay reaches is not blocked by one that did not', () => {
  const udp = new BlockedUdp();
  const left = udp.reached(url);
  udp.missed(url, 0);
  expect(udp.avoid(url, 1)).toBe(false);
  left();
  udp.missed(url, 2);
  expect(udp.avoid(url, 3)).toBe(true);
});

test('a server that is reached again is no longer blocked', () => {
  const udp = new BlockedUdp();
  udp.missed(url, 0);
  udp.reached(url)();
  expect(udp.avoid(url, 1)).toBe(false);
  udp.missed(url, 2);
  expect(udp.avoid(url, 30_002)).toBe(false);
});
