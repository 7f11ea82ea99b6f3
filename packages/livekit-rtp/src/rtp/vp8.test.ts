import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packetizeVp8, startsVp8KeyFrame, vp8DescriptorLength } from './vp8.ts';

describe('VP8 payloads', () => {
  test('hold the frame after a descriptor with the picture id, no payload above the MTU', () => {
    const frame = fc.uint8Array({ minLength: 1, maxLength: 5000 });
    fc.assert(
      fc.property(
        frame,
        fc.integer({ min: 0, max: 0x7fff }),
        fc.integer({ min: 5, max: 1200 }),
        (bytes, pictureId, mtu) => {
          const payloads = packetizeVp8(bytes, pictureId, mtu);
          expect(
            Buffer.concat(payloads.map((payload) => payload.subarray(vp8DescriptorLength(payload)))),
          ).toEqual(Buffer.from(bytes));
          expect(
            payloads.every(
              (payload) => payload.length <= mtu && payload.readUInt16BE(2) === (0x8000 | pictureId),
            ),
          ).toBe(true);
          expect(payloads.map((payload) => (payload[0]! & 0x10) !== 0)).toEqual(
            payloads.map((_, index) => index === 0),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  test('only the first payload of a key frame starts one', () => {
    const [first, second] = packetizeVp8(Buffer.from([0x10, 1, 2, 3, 4, 5, 6]), 1, 8);
    expect(startsVp8KeyFrame(first!)).toBe(true);
    expect(startsVp8KeyFrame(second!)).toBe(false);
    expect(startsVp8KeyFrame(packetizeVp8(Buffer.from([0x11, 1]), 1, 8)[0]!)).toBe(false);
    expect(startsVp8KeyFrame(Buffer.alloc(0))).toBe(false);
  });

  test('descriptors of all lengths are measured', () => {
    expect(vp8DescriptorLength(Buffer.from([0x10]))).toBe(1);
    expect(vp8DescriptorLength(Buffer.from([0x90, 0x80, 0x05]))).toBe(3);
    expect(vp8DescriptorLength(Buffer.from([0x90, 0xe0, 0x80, 0x05, 1, 1]))).toBe(6);
  });
});
