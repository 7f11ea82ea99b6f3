import { parseRtpHeader } from '@avatar-bridge/livekit-rtp';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sequenceDelta, timestampDelta } from '../../../packets/numbers.ts';
import { bench, labelOf, OUT_SSRC, OUT_TYPE, paddingPacket, videoPacket } from '../../../../test/packets.ts';

type Slot = { padding: boolean; lost: boolean; delay: number; twice: boolean; lastOfFrame: boolean };
type Life = { slots: Slot[]; firstSequence: number; firstTimestamp: number; pause: number };

const slot: fc.Arbitrary<Slot> = fc.record({
  padding: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  lost: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  delay: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 12 }) },
  ),
  twice: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  lastOfFrame: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
});
const life: fc.Arbitrary<Life> = fc.record({
  slots: fc.array(slot, { minLength: 1, maxLength: 120 }),
  firstSequence: fc.oneof(fc.integer({ min: 65_400, max: 65_535 }), fc.integer({ min: 0, max: 65_535 })),
  firstTimestamp: fc.oneof(
    fc.integer({ min: 0xffff_0000, max: 0xffff_ffff }),
    fc.integer({ min: 0, max: 0xffff_ffff }),
  ),
  pause: fc.integer({ min: 0, max: 8_000 }),
});

type Sent = { at: number; life: number; index: number; padding: boolean; packet: Buffer };

/** What one life of the source (one SSRC) puts on the wire, in order of arrival. */
function arrivals(one: Life, number: number, start: number): Sent[] {
  let timestamp = one.firstTimestamp;
  const list: Sent[] = [];
  for (const [index, slot] of one.slots.entries()) {
    // The first packet begins a key frame and gets through: a source is not taken without one.
    const first = index === 0;
    const fields = {
      sequenceNumber: (one.firstSequence + index) & 0xffff,
      timestamp: timestamp >>> 0,
      ssrc: 100 + number,
    };
    const padding = !first && slot.padding;
    const packet = padding
      ? paddingPacket(fields)
      : videoPacket({ ...fields, marker: slot.lastOfFrame, keyFrame: first, label: number * 1000 + index });
    const at = start + index * 4;
    if (first || !slot.lost)
      list.push({ at: at + (first ? 0 : slot.delay * 4), life: number, index, padding, packet });
    if (slot.twice) list.push({ at: at + 30, life: number, index, padding, packet: Buffer.from(packet) });
    if (slot.lastOfFrame) timestamp += 3000;
  }
  return list.toSorted((a, b) => a.at - b.at);
}

test('whatever is lost, late, doubled, padded or begun anew, one unbroken stream comes out', () => {
  fc.assert(
    fc.property(
      fc.array(life, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 0x7fff }),
      (lives, firstSequenceNumber) => {
        const { inlet, sent } = bench({ firstSequenceNumber, timestampOffset: 0xffff_f000 });
        let start = 0;
        const forwarded: {
          life: number;
          index: number;
          padding: boolean;
          number: number;
          timestamp: number;
        }[] = [];
        let highest = firstSequenceNumber + 0x10000 - 1;
        for (const [number, one] of lives.entries()) {
          for (const arrival of arrivals(one, number, start)) {
            const before = sent.length;
            inlet.receive(arrival.packet, arrival.at);
            expect(sent.length - before).toBeLessThanOrEqual(1);
            if (sent.length === before) continue;
            const packet = sent[before]!;
            const header = parseRtpHeader(packet)!;
            expect(header).toMatchObject({ ssrc: OUT_SSRC, payloadType: OUT_TYPE, headerLength: 12 });
            const isPadding = header.paddingLength > 0;
            expect(isPadding).toBe(arrival.padding);
            expect(isPadding ? number * 1000 + arrival.index : labelOf(packet)).toBe(
              number * 1000 + arrival.index,
            );
            const extended = highest + sequenceDelta(header.sequenceNumber, highest & 0xffff);
            highest = Math.max(highest, extended);
            forwarded.push({
              life: number,
              index: arrival.index,
              padding: isPadding,
              number: extended,
              timestamp: header.timestamp,
            });
          }
          start += one.slots.length * 4 + 60 + one.pause;
        }

        const inOrder = forwarded.toSorted((a, b) => a.number - b.number);
        expect(new Set(forwarded.map((one) => one.number)).size).toBe(forwarded.length);
        expect(inOrder[0]!.number).toBe(firstSequenceNumber + 0x10000);
        // The order of the numbers is the order of the source; timestamps never go back.
        for (const [at, one] of inOrder.entries()) {
          const previous = inOrder[at - 1];
          if (previous === undefined) continue;
          expect(one.life * 1000 + one.index).toBeGreaterThan(previous.life * 1000 + previous.index);
          const step =
            one.padding || previous.padding ? 0 : timestampDelta(one.timestamp, previous.timestamp);
          expect(step).toBeGreaterThanOrEqual(0);
        }
        // Holes are what the network lost, and nothing else. (Packets lost before the newest of their life
        // leave a hole; padding that comes in order none.)
        let holes = 0;
        for (const [number, one] of lives.entries()) {
          const own = forwarded.filter((packet) => packet.life === number);
          const got = new Set(arrivals(one, number, 0).map((arrival) => arrival.index));
          const newestSent = Math.max(...own.map((packet) => packet.index));
          for (let index = 0; index < newestSent; index++) if (!got.has(index)) holes++;
        }
        expect(inOrder.at(-1)!.number - inOrder[0]!.number + 1 - forwarded.length).toBe(holes);
      },
    ),
    { numRuns: 300 },
  );
});
