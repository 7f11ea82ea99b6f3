import { parseRtpHeader } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import {
  bench,
  labelOf,
  numbersOf,
  OUT_SSRC,
  OUT_TYPE,
  paddingPacket,
  videoPacket,
} from '../../../../test/packets.ts';

test('extensions and CSRCs are left out, marker and payload stay', () => {
  const { inlet, sent } = bench();
  const plain = videoPacket({ sequenceNumber: 1, timestamp: 5, keyFrame: true, marker: true, label: 42 });
  const extension = Buffer.from('deadbeefbede0001aabbccdd', 'hex');
  const packet = Buffer.concat([plain.subarray(0, 12), extension, plain.subarray(12)]);
  packet[0] = 0x91;
  inlet.receive(packet, 0);
  expect(parseRtpHeader(sent[0]!)).toMatchObject({
    marker: true,
    ssrc: OUT_SSRC,
    payloadType: OUT_TYPE,
    headerLength: 12,
  });
  expect(sent[0]!.subarray(12)).toEqual(plain.subarray(12));
});

test('padding behind a payload is cut off, packets of padding alone are left out without a hole', () => {
  const { inlet, leg, sent } = bench({ firstSequenceNumber: 100 });
  const padded = Buffer.concat([
    videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true, label: 1 }),
    Buffer.from([0, 0, 3]),
  ]);
  padded[0] = 0xa0;
  inlet.receive(padded, 0);
  inlet.receive(paddingPacket({ sequenceNumber: 2, timestamp: 0 }), 1);
  inlet.receive(paddingPacket({ sequenceNumber: 3, timestamp: 0 }), 2);
  inlet.receive(videoPacket({ sequenceNumber: 4, timestamp: 3000, label: 4 }), 3);
  expect(numbersOf(sent)).toEqual([100, 101]);
  expect(sent.map(labelOf)).toEqual([1, 4]);
  expect(leg.stats).toMatchObject({ packets: 2, padding: 2 });
});
