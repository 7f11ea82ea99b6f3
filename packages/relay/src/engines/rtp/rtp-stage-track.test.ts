import { buildSenderReport, ntpOf } from '@avatar-bridge/livekit-rtp';
import type { PublishedTrack } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { audioPacket, inletOf, OPUS } from '../../../test/packets.ts';
import type { RtpSourceTrack } from './rtp-source.ts';
import { RtpStageTrack } from './rtp-stage-track.ts';

const DTX = Buffer.from([0xf8]);

/** A voice that is sent 30 ms after its capture, from 1000 on. */
function bench() {
  const published = {
    ssrc: 7,
    codec: OPUS,
    send: () => true,
    setMuted: () => {},
  } as unknown as PublishedTrack;
  const relay = new RtpStageTrack({
    kind: 'audio',
    mimeType: 'audio/opus',
    published,
    onFirstPacket: () => {},
  });
  const { inlet } = inletOf({ kind: 'audio', mimeType: 'audio/opus', codecs: [OPUS] });
  const state = { muted: false };
  const source = {
    inlet,
    mimeType: 'audio/opus',
    muted: () => state.muted,
    setEnabled: () => {},
  } as unknown as RtpSourceTrack;
  let sequenceNumber = 0;
  const sound = (now: number, payload?: Buffer<ArrayBuffer>): void => {
    inlet.receive(
      audioPacket({ sequenceNumber: sequenceNumber++, timestamp: (now - 30) * 48 }, payload),
      now,
    );
    relay.check(now + 1);
  };
  relay.feed(source);
  sound(1000);
  inlet.receive(
    buildSenderReport({ ssrc: 2, ...ntpOf(0), rtpTimestamp: 0, packetCount: 0, octetCount: 0 }),
    1010,
  );
  sound(1020);
  return { relay, source, state, sound };
}

test('the time from capture is known while packets come', () => {
  const { relay, source, state, sound } = bench();
  const known = relay.captureDelay!;
  expect(known.clock).toBe(source.inlet.clock);
  state.muted = true;
  expect(relay.captureDelay).toBeUndefined();
  state.muted = false;
  sound(1040, DTX);
  expect(relay.captureDelay).toBeUndefined();
  sound(1060);
  expect(relay.captureDelay!.ms).toBeCloseTo(known.ms, 2);
  relay.check(2100);
  expect(relay.captureDelay).toBeUndefined();
  sound(2120);
  expect(relay.captureDelay!.ms).toBeCloseTo(known.ms, 2);
  relay.setWanted(false);
  relay.check(2140);
  expect(relay.captureDelay).toBeUndefined();
  relay.setWanted(true);
  sound(2160);
  relay.end(source);
  expect(relay.captureDelay).toBeUndefined();
});
