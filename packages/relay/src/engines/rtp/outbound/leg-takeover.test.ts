import { expect, test } from 'vitest';
import { afterPicture, inletOf, labelOf, numbersOf, videoPacket } from '../../../../test/packets.ts';

test('a source that takes over in the middle of a frame waits for its end', () => {
  const { leg, inlet, sent } = afterPicture();
  const next = inletOf().inlet;
  leg.bind(next, 50);
  inlet.receive(videoPacket({ sequenceNumber: 4, timestamp: 7200, label: 4 }), 80);
  next.receive(videoPacket({ sequenceNumber: 70, timestamp: 0, ssrc: 4, keyFrame: true, label: 70 }), 81);
  next.receive(videoPacket({ sequenceNumber: 71, timestamp: 0, ssrc: 4, marker: true, label: 71 }), 82);
  expect(labelOf(sent.at(-1)!)).toBe(4);
  inlet.receive(videoPacket({ sequenceNumber: 5, timestamp: 7200, marker: true, label: 5 }), 83);
  next.receive(videoPacket({ sequenceNumber: 72, timestamp: 3000, ssrc: 4, marker: true, label: 72 }), 115);
  inlet.receive(videoPacket({ sequenceNumber: 6, timestamp: 10_800, marker: true, label: 6 }), 116);
  expect(sent.slice(3).map(labelOf)).toEqual([4, 5, 70, 71, 72]);
  expect(numbersOf(sent)).toEqual([10, 11, 12, 13, 14, 15, 16, 17]);
});

test('a frame that does not end, or whose source is gone, is not waited for', () => {
  for (const gone of [true, false]) {
    const { leg, inlet, sent } = afterPicture();
    const next = inletOf().inlet;
    leg.bind(next, 50);
    inlet.receive(videoPacket({ sequenceNumber: 4, timestamp: 7200, label: 4 }), 80);
    next.receive(videoPacket({ sequenceNumber: 70, timestamp: 0, ssrc: 4, keyFrame: true, label: 70 }), 81);
    if (gone) leg.unbind(inlet);
    next.receive(
      videoPacket({ sequenceNumber: 71, timestamp: 0, ssrc: 4, marker: true, label: 71 }),
      gone ? 82 : 101,
    );
    expect(sent.slice(3).map(labelOf)).toEqual([4, 70, 71]);
    expect(numbersOf(sent)).toEqual([10, 11, 12, 13, 14, 15]);
  }
});
