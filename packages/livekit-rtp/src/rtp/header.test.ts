import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildRtpPacket,
  createRtpHeader,
  findExtension,
  isRtcp,
  parseRtpHeader,
  stripHeader,
} from './header.ts';

const fields = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
  timestamp: fc.integer({ min: 0, max: 0xffffffff }),
  ssrc: fc.integer({ min: 0, max: 0xffffffff }),
  marker: fc.boolean(),
});

describe('RTP header', () => {
  test('what is built is parsed again', () => {
    fc.assert(
      fc.property(fields, fc.uint8Array({ maxLength: 1500 }), (given, payload) => {
        const packet = buildRtpPacket(given, payload);
        expect(parseRtpHeader(packet)).toMatchObject({
          ...given,
          headerLength: 12,
          extensionLength: 0,
          paddingLength: 0,
        });
        expect(packet.subarray(12).equals(payload)).toBe(true);
      }),
    );
  });

  test('an audio level is found under its id and under no other', () => {
    fc.assert(
      fc.property(
        fields,
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: 0, max: 127 }),
        (given, id, level) => {
          const packet = buildRtpPacket({ ...given, audioLevel: { id, level } }, Buffer.from('abc'));
          const header = parseRtpHeader(packet)!;
          const at = findExtension(packet, header, id);
          expect(packet[at]! & 0x7f).toBe(level);
          expect(findExtension(packet, header, (id % 14) + 1)).toBe(-1);
          expect(packet.subarray(header.headerLength).toString()).toBe('abc');
        },
      ),
    );
  });

  test('CSRCs, extension and padding are counted', () => {
    const packet = Buffer.concat([
      Buffer.from([0x80 | 0x20 | 0x10 | 2, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]),
      Buffer.alloc(8),
      Buffer.from([0xbe, 0xde, 0, 1, 1, 2, 3, 4]),
      Buffer.from('payload'),
      Buffer.from([0, 0, 3]),
    ]);
    const header = parseRtpHeader(packet)!;
    expect(header).toMatchObject({ csrcCount: 2, extensionLength: 8, headerLength: 28, paddingLength: 3 });
    expect(packet.subarray(header.headerLength, packet.length - header.paddingLength).toString()).toBe(
      'payload',
    );
    const stripped = stripHeader(packet, header);
    expect(stripped.buffer).toBe(packet.buffer);
    expect(parseRtpHeader(stripped)).toEqual({
      ...header,
      csrcCount: 0,
      extensionLength: 0,
      headerLength: 12,
    });
    expect(stripped.subarray(12, -3).toString()).toBe('payload');
  });

  test('a header that is passed in is filled and returned', () => {
    const into = createRtpHeader();
    const packet = buildRtpPacket(
      { payloadType: 111, sequenceNumber: 7, timestamp: 8, ssrc: 9 },
      Buffer.from('x'),
    );
    expect(parseRtpHeader(packet, into)).toBe(into);
    expect(into.ssrc).toBe(9);
  });

  test('any bytes are parsed or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.integer({ min: 1, max: 14 }), (bytes, id) => {
        const packet = Buffer.from(bytes);
        const header = parseRtpHeader(packet);
        if (header === undefined) return;
        expect(header.headerLength + header.paddingLength).toBeLessThanOrEqual(packet.length);
        findExtension(packet, header, id);
      }),
    );
  });

  test('RTCP is told from RTP by the second byte', () => {
    expect(isRtcp(Buffer.from([0x80, 200]))).toBe(true);
    expect(isRtcp(Buffer.from([0x81, 206]))).toBe(true);
    expect(isRtcp(Buffer.from([0x80, 0x80 | 111]))).toBe(false);
    expect(isRtcp(Buffer.from([0x80, 96]))).toBe(false);
  });
});
