import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packetizeH264, splitAnnexB, startsH264KeyFrame } from './h264.ts';

/** A NAL unit: no start code inside, no zero byte at the end, as the emulation prevention of encoders guarantees. */
const nal = (maxLength: number) =>
  fc
    .tuple(fc.integer({ min: 1, max: 23 }), fc.integer({ min: 0, max: 3 }), fc.uint8Array({ maxLength }))
    .map(([type, importance, body]) =>
      Buffer.from([(importance << 5) | type, ...body.map((byte) => byte || 1)]),
    );

function depacketize(payloads: Buffer[]): Buffer[] {
  const nals: Buffer[] = [];
  let parts: Buffer[] = [];
  for (const payload of payloads) {
    if ((payload[0]! & 0x1f) !== 28) nals.push(payload);
    else {
      if (payload[1]! & 0x80) parts = [Buffer.from([(payload[0]! & 0xe0) | (payload[1]! & 0x1f)])];
      parts.push(payload.subarray(2));
      if (payload[1]! & 0x40) nals.push(Buffer.concat(parts));
    }
  }
  return nals;
}

describe('H264 payloads', () => {
  test('hold the NAL units, no payload above the MTU', () => {
    fc.assert(
      fc.property(fc.array(nal(4000), { maxLength: 6 }), fc.integer({ min: 3, max: 1200 }), (nals, mtu) => {
        const payloads = packetizeH264(nals, mtu);
        expect(depacketize(payloads)).toEqual(nals);
        expect(payloads.every(({ length }) => length <= mtu)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('an Annex B stream is split at start codes of both lengths', () => {
    const startCode = fc.constantFrom(Buffer.from([0, 0, 1]), Buffer.from([0, 0, 0, 1]));
    fc.assert(
      fc.property(fc.array(fc.tuple(startCode, nal(200)), { maxLength: 8 }), (units) => {
        expect(splitAnnexB(Buffer.concat(units.flat()))).toEqual(units.map(([, unit]) => unit));
      }),
    );
  });

  test('a key frame is seen in a single NAL unit, in STAP-A and in the first FU-A', () => {
    const idr = Buffer.concat([Buffer.from([0x65]), Buffer.alloc(3000, 7)]);
    const [first, second] = packetizeH264([idr], 1000);
    expect(startsH264KeyFrame(first!)).toBe(true);
    expect(startsH264KeyFrame(second!)).toBe(false);
    expect(startsH264KeyFrame(Buffer.from([0x67, 1]))).toBe(true);
    expect(startsH264KeyFrame(Buffer.from([0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1]))).toBe(true);
    expect(startsH264KeyFrame(Buffer.from([0x78, 0, 2, 0x06, 1, 0, 2, 0x41, 1]))).toBe(false);
    expect(startsH264KeyFrame(Buffer.from([0x41, 1]))).toBe(false);
    expect(startsH264KeyFrame(Buffer.alloc(0))).toBe(false);
  });
});
