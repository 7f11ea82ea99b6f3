import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ntpMiddle, ntpOf } from './ntp.ts';
import {
  buildBye,
  buildFir,
  buildNack,
  buildPli,
  buildReceiverReport,
  buildRemb,
  buildSenderReport,
} from './rtcp-build.ts';
import { forEachRtcp, parseRtcp } from './rtcp-parse.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const reports = fc.array(
  fc.record({
    ssrc: u32,
    fractionLost: fc.integer({ min: 0, max: 255 }),
    cumulativeLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
    highestSequence: u32,
    jitter: u32,
    lastSenderReport: u32,
    delaySinceLastSenderReport: u32,
  }),
  { maxLength: 31 },
);

describe('RTCP', () => {
  test('sender reports are parsed as they were built', () => {
    const report = fc.record({
      ssrc: u32,
      ntpSeconds: u32,
      ntpFraction: u32,
      rtpTimestamp: u32,
      packetCount: u32,
      octetCount: u32,
      reports,
    });
    fc.assert(
      fc.property(report, (given) => {
        expect(parseRtcp(buildSenderReport(given))).toEqual([{ type: 'sr', ...given }]);
      }),
    );
  });

  test('receiver reports are parsed as they were built', () => {
    fc.assert(
      fc.property(u32, reports, (ssrc, given) => {
        expect(parseRtcp(buildReceiverReport(ssrc, given))).toEqual([{ type: 'rr', ssrc, reports: given }]);
      }),
    );
  });

  test('a NACK asks for exactly the given numbers, across the wrap', () => {
    fc.assert(
      fc.property(
        u32,
        u32,
        fc.integer({ min: 0, max: 0xffff }),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }),
        (a, b, start, steps) => {
          const numbers = [start];
          for (const step of steps) numbers.push((numbers.at(-1)! + step) & 0xffff);
          expect(parseRtcp(buildNack(a, b, numbers))).toEqual([
            { type: 'nack', senderSsrc: a, mediaSsrc: b, sequenceNumbers: numbers },
          ]);
        },
      ),
    );
  });

  test('numbers next to each other share one entry of a NACK', () => {
    expect(buildNack(1, 2, [65535, 0, 1, 15]).length).toBe(16);
    expect(buildNack(1, 2, [10, 27]).length).toBe(20);
  });

  test('PLI, FIR and BYE are parsed as they were built', () => {
    fc.assert(
      fc.property(
        u32,
        u32,
        fc.integer({ min: 0, max: 255 }),
        fc.option(fc.string({ maxLength: 40 }), { nil: undefined }),
        (a, b, sequence, reason) => {
          expect(parseRtcp(buildPli(a, b))).toEqual([{ type: 'pli', senderSsrc: a, mediaSsrc: b }]);
          expect(parseRtcp(buildFir(a, b, sequence))).toEqual([
            { type: 'fir', senderSsrc: a, mediaSsrc: 0, entries: [{ ssrc: b, sequence }] },
          ]);
          const bye = parseRtcp(buildBye([a, b], reason));
          expect(bye).toEqual([{ type: 'bye', ssrcs: [a, b], ...(reason === undefined ? {} : { reason }) }]);
        },
      ),
    );
  });

  test('a REMB keeps its bitrate within one part in 2^17', () => {
    fc.assert(
      fc.property(
        u32,
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.array(u32, { maxLength: 4 }),
        (a, bitrate, ssrcs) => {
          const [remb] = parseRtcp(buildRemb(a, bitrate, ssrcs));
          if (remb?.type !== 'remb') throw new Error('not a REMB');
          expect(remb.ssrcs).toEqual(ssrcs);
          expect(remb.bitrate).toBeLessThanOrEqual(bitrate);
          expect(remb.bitrate).toBeGreaterThanOrEqual(bitrate * (1 - 2 ** -17) - 1);
        },
      ),
    );
  });

  test('the parts of a compound come one by one, in order', () => {
    const compound = Buffer.concat([buildReceiverReport(1, []), buildPli(1, 2), buildNack(1, 2, [5])]);
    expect(parseRtcp(compound).map(({ type }) => type)).toEqual(['rr', 'pli', 'nack']);
    const offsets: number[] = [];
    forEachRtcp(compound, (_type, _format, offset, length) => offsets.push(offset, length));
    expect(offsets).toEqual([0, 8, 8, 12, 20, 16]);
  });

  test('any bytes are parsed or left out, never thrown at', () => {
    const header = fc.tuple(fc.integer({ min: 0x80, max: 0x9f }), fc.integer({ min: 192, max: 223 }));
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 120 }), ([first, type], rest) => {
        const packet = Buffer.concat([Buffer.from([first, type]), rest]);
        if (packet.length >= 4) packet.writeUInt16BE(Math.floor(packet.length / 4) - 1, 2);
        expect(Array.isArray(parseRtcp(packet))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('NTP times have the right epoch and their middle is what reports quote', () => {
    expect(ntpOf(0)).toEqual({ ntpSeconds: 2_208_988_800, ntpFraction: 0 });
    expect(ntpOf(1_500)).toEqual({ ntpSeconds: 2_208_988_801, ntpFraction: 0x80000000 });
    expect(ntpMiddle(0x12345678, 0x9abcdef0)).toBe(0x56789abc);
  });
});
