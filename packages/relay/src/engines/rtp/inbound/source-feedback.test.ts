import { parseRtcp } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { inletOf, videoPacket } from '../../../../test/packets.ts';

test('a missing packet is asked for after the time that packets may be late, and again', () => {
  const { inlet, feedback, wakes } = inletOf();
  inlet.receive(videoPacket({ sequenceNumber: 65_534, timestamp: 0 }), 0);
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0 }), 10);
  expect(feedback).toEqual([]);
  expect(wakes).toEqual([12]);
  inlet.onTimer(22);
  expect(feedback.flatMap((packet) => parseRtcp(packet))).toMatchObject([
    { type: 'nack', mediaSsrc: 1, sequenceNumbers: [65_535, 0] },
  ]);
  inlet.receive(videoPacket({ sequenceNumber: 0, timestamp: 0 }), 50);
  inlet.onTimer(22 + wakes.at(-1)!);
  expect(parseRtcp(feedback[1]!)).toMatchObject([{ sequenceNumbers: [65_535] }]);
  expect(inlet.stats()).toMatchObject({ nacks: 3, repaired: 1, lost: 1, packets: 3 });
});

test('a hole too large to repair asks for a key frame instead', () => {
  const { inlet, feedback } = inletOf();
  inlet.receive(videoPacket({ sequenceNumber: 0, timestamp: 0 }), 0);
  inlet.receive(videoPacket({ sequenceNumber: 600, timestamp: 0 }), 1);
  expect(feedback.flatMap((packet) => parseRtcp(packet)).map((packet) => packet.type)).toEqual(['pli']);
});

test('a key frame asked for before the first packet is asked for as soon as the source is known', () => {
  const { inlet, feedback, wakes } = inletOf();
  inlet.requestKeyFrame(0);
  expect(wakes).toEqual([50]);
  inlet.onTimer(50);
  expect(feedback).toEqual([]);
  inlet.receive(videoPacket({ sequenceNumber: 0, timestamp: 0 }), 60);
  inlet.onTimer(100);
  expect(parseRtcp(feedback[0]!)).toMatchObject([{ type: 'pli', mediaSsrc: 1 }]);
});
