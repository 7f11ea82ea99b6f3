import { buildFir, buildNack, buildPli, buildReceiverReport, parseRtcp } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { bench, OUT_SSRC, videoPacket } from '../../../../test/packets.ts';

test('what the stage misses is sent again from memory, byte for byte', () => {
  const { leg, inlet, sent } = bench({ firstSequenceNumber: 65_535 });
  for (let index = 0; index < 5; index++) {
    inlet.receive(
      videoPacket({ sequenceNumber: index, timestamp: 0, keyFrame: index === 0, label: index }),
      index,
    );
  }
  const before = [...sent];
  leg.onStageRtcp(buildNack(9, OUT_SSRC, [65_535, 1, 2, 500]), 10);
  expect(sent.slice(5)).toEqual([before[0], before[2], before[3]]);
  expect(leg.stats).toMatchObject({ nacks: 4, resent: 3, packets: 5 });
});

test('key frames wanted by the stage are asked of the source, not more than twice a second', () => {
  const { leg, inlet, feedback, wakes } = bench();
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true }), 0);
  feedback.length = 0;
  for (const now of [1000, 1100, 1200]) leg.onStageRtcp(buildPli(9, OUT_SSRC), now);
  expect(feedback.flatMap((packet) => parseRtcp(packet))).toMatchObject([{ type: 'pli', mediaSsrc: 1 }]);
  inlet.receive(videoPacket({ sequenceNumber: 2, timestamp: 1250 * 90, keyFrame: true }), 1250);
  leg.onStageRtcp(buildPli(9, OUT_SSRC), 1300);
  expect(feedback).toHaveLength(1);
  expect(wakes.length).toBeGreaterThan(0);
  inlet.onTimer(1500);
  expect(feedback).toHaveLength(2);
  expect(leg.stats).toMatchObject({ plis: 4, keyFrames: 2 });
});

test('feedback about another track of the connection is none of ours', () => {
  const { leg, inlet, sent, feedback } = bench({ firstSequenceNumber: 1 });
  inlet.receive(videoPacket({ sequenceNumber: 1, timestamp: 0, keyFrame: true }), 0);
  feedback.length = 0;
  leg.onStageRtcp(Buffer.concat([buildPli(9, 4711), buildFir(9, 4711, 1), buildNack(9, 4711, [1])]), 1000);
  expect(feedback).toEqual([]);
  expect(sent).toHaveLength(1);
  leg.onStageRtcp(
    Buffer.concat([buildPli(9, 4711), buildFir(9, OUT_SSRC, 1), buildNack(9, OUT_SSRC, [1])]),
    1000,
  );
  expect(feedback).toHaveLength(1);
  expect(sent).toHaveLength(2);
});

test('the stage tells what it did not get', () => {
  const { leg } = bench();
  const block = {
    ssrc: OUT_SSRC,
    fractionLost: 64,
    cumulativeLost: 12,
    highestSequence: 0,
    jitter: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  };
  leg.onStageRtcp(buildReceiverReport(1, [block]), 0);
  expect(leg.stats).toMatchObject({ stageFractionLost: 0.25, stageLost: 12 });
});
