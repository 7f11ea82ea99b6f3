import { buildRtpPacket } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { audioPacket } from '../../../../test/packets.ts';
import { AudioLevelWriter, levelOfSpeaker, SILENCE } from './audio-level.ts';

test('the packet is the same with the level in a header extension', () => {
  const writer = new AudioLevelWriter();
  const payload = Buffer.from('opus');
  const fields = { payloadType: 111, ssrc: 7, sequenceNumber: 5, timestamp: 960, marker: true };
  for (const level of [0, 30, SILENCE]) {
    expect(writer.add(buildRtpPacket(fields, payload), 3, level)).toEqual(
      buildRtpPacket({ ...fields, audioLevel: { id: 3, level } }, payload),
    );
  }
});

test('a packet without room for it stays as it is', () => {
  const packet = audioPacket({ sequenceNumber: 1, timestamp: 0 }, Buffer.alloc(1490));
  expect(new AudioLevelWriter().add(packet, 1, 0)).toBe(packet);
});

test.each([
  [false, 0.9, 127],
  [true, 1, 0],
  [true, 0.1, 20],
  [true, 0.0001, 30],
  [true, 0, 30],
])('a speaker (active: %s, level %d) has the level %d', (active, level, expected) => {
  expect(levelOfSpeaker(active, level)).toBe(expected);
});
