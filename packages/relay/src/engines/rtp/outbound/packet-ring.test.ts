import { expect, test } from 'vitest';
import { PacketRing } from './packet-ring.ts';

test('the last packets are found by number, older ones are gone', () => {
  const ring = new PacketRing(4);
  expect(ring.get(0)).toBeUndefined();
  for (let number = 65_534; number < 65_540; number++)
    ring.put(number & 0xffff, Buffer.from([number & 0xff]));
  expect(ring.get(65_535)).toBeUndefined();
  expect([0, 1, 2, 3].map((number) => ring.get(number)?.[0])).toEqual([0, 1, 2, 3]);
});

test('what is kept is a copy', () => {
  const ring = new PacketRing(4);
  const packet = Buffer.from('abc');
  ring.put(1, packet);
  packet.fill(0);
  expect(ring.get(1)!.toString()).toBe('abc');
});

test('a packet too large for a slot is not kept, nor the one it replaces', () => {
  const ring = new PacketRing(4);
  ring.put(1, Buffer.from('abc'));
  ring.put(5, Buffer.alloc(1501));
  expect(ring.get(1)).toBeUndefined();
  expect(ring.get(5)).toBeUndefined();
});
