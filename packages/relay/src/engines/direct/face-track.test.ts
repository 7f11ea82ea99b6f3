import { buildRtpPacket, type SubscribedTrack } from '@avatar-bridge/livekit-rtp';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { h264Frames } from '../../../test/clip.ts';
import { FaceTrack } from './face-track.ts';

const h264 = (payloadType: number) => ({ mimeType: 'video/H264', payloadType, clockRate: 90_000 });
const opus = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 };
/** What LiveKit's server ends a track with: a key frame of 2 x 2 pixels. */
const blank = Buffer.from('1800186742c01f0fd91f888884000003000400000300c83c60c920000468ce3c8000', 'hex');

function subscribed(kind: 'video' | 'audio') {
  const info = {
    muted: false,
    width: 1280,
    height: 720,
    mimeType: kind === 'video' ? 'video/H264' : 'audio/opus',
  };
  const codecs = kind === 'video' ? [h264(102), h264(125)] : [opus];
  const track = {
    kind,
    sid: 'TR_1',
    info,
    codecs,
    onPacket: null as ((packet: Buffer) => void) | null,
    setEnabled: vi.fn<(on: boolean) => void>(),
  };
  return track as typeof track & SubscribedTrack;
}

function bench(kind: 'video' | 'audio') {
  const onFirstPacket = vi.fn<() => void>();
  const face = new FaceTrack(kind, onFirstPacket);
  const track = subscribed(kind);
  face.attach(track);
  let sequenceNumber = 0;
  const receive = (
    payload: Uint8Array,
    timestamp: number,
    marker = true,
    payloadType = codecOf(kind),
  ): void => {
    const packet = { payloadType, ssrc: 1, sequenceNumber: sequenceNumber++, timestamp, marker };
    track.onPacket?.(buildRtpPacket(packet, payload));
  };
  return { face, track, receive, onFirstPacket };
}

const codecOf = (kind: 'video' | 'audio'): number => (kind === 'video' ? 125 : 111);

test('keeps the last key frame, whatever payload type of its codec it comes with, but none of the server’s own', () => {
  const { face, receive, onFirstPacket } = bench('video');
  const frames = h264Frames();
  for (const [n, payloads] of frames.slice(0, 3).entries())
    for (const [index, payload] of payloads.entries())
      receive(payload, n * 3_000, index === payloads.length - 1);
  receive(blank, 90_000);
  receive(Buffer.from('padding of another codec'), 93_000, true, 96);
  expect(onFirstPacket).toHaveBeenCalledOnce();
  expect(face.picture).toEqual({ mimeType: 'video/h264', payloads: frames[0], width: 1280, height: 720 });
  expect(face.stats(performance.now())).toMatchObject({ keyFrames: 1, lost: 0, codec: 'video/h264' });
});

test('a voice that rests in DTX does not stall; one that stops in the middle does', () => {
  const { face, receive } = bench('audio');
  const later = (ms: number) => performance.now() + ms;
  expect(face.check(later(5_000))).toBeUndefined();
  receive(Buffer.alloc(80, 1), 0);
  receive(Buffer.alloc(3), 960);
  expect(face.check(later(5_000))).toBeUndefined();
  receive(Buffer.alloc(80, 1), 1_920);
  expect(face.check(later(5_000))).toMatchObject({ type: 'stalled' });
});

test('what nobody could send, or was asked for, is no stall', () => {
  const { face, track, receive } = bench('video');
  receive(Buffer.alloc(80, 1), 0);
  const now = performance.now();
  face.forgive(now + 4_500);
  expect(face.check(now + 5_000)).toBeUndefined();
  face.setEnabled(false);
  expect(track.setEnabled).toHaveBeenCalledWith(false);
  expect(face.check(now + 9_000)).toBeUndefined();
  face.setEnabled(true);
  expect(face.check(now + 9_900)).toBeUndefined();
  expect(face.check(now + 10_100)).toMatchObject({ type: 'stalled' });
});

test('a track that replaces another one is the only one that counts', () => {
  const { face, track } = bench('video');
  const next = subscribed('video');
  face.attach(next);
  expect(track.onPacket).toBeNull();
  expect(face.detach(track)).toBe(false);
  expect(face.present).toBe(true);
  expect(face.detach(next)).toBe(true);
  expect(face.present).toBe(false);
});

test('takes any bytes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('video', 'audio'),
      fc.array(fc.uint8Array({ maxLength: 60 })),
      (kind, packets) => {
        const { face, track } = bench(kind);
        for (const bytes of packets) {
          if (bytes.length > 1) bytes.set([0x80 | (bytes[0]! & 0x3f), codecOf(kind) | (bytes[1]! & 0x80)]);
          track.onPacket?.(Buffer.from(bytes));
        }
        face.check(performance.now());
        expect(face.stats(performance.now()).packets).toBeLessThanOrEqual(packets.length);
      },
    ),
  );
});
