import { expect, test } from 'vitest';
import { carriedCodec, isStereo, stageCodec, usesDtx } from './carried-codec.ts';

const codec = (mimeType: string, fmtp?: string) => ({
  mimeType,
  payloadType: 100,
  clockRate: 90_000,
  ...(fmtp === undefined ? {} : { fmtp }),
});

test.each([
  ['H264', 'video', 'video/H264', ['video/VP8', 'video/H264'], 'video/h264'],
  ['VP8', 'video', 'video/vp8', ['video/VP8', 'video/H264'], 'video/vp8'],
  ['a codec that nobody named', 'video', '', ['video/rtx', 'video/VP8'], 'video/vp8'],
  ['a named codec that was not negotiated', 'video', 'video/H264', ['video/VP8'], undefined],
  ['VP9', 'video', 'video/VP9', ['video/VP8', 'video/VP9'], undefined],
  ['AV1', 'video', 'video/AV1', ['video/AV1'], undefined],
  ['Opus', 'audio', 'audio/opus', ['audio/opus'], 'audio/opus'],
  ['Opus that was published with redundancy', 'audio', 'audio/red', ['audio/opus'], 'audio/opus'],
  ['PCM', 'audio', 'audio/PCMU', ['audio/PCMU', 'audio/opus'], undefined],
] as const)('%s', (_name, kind, named, negotiated, expected) => {
  expect(
    carriedCodec(
      kind,
      named,
      negotiated.map((mimeType) => codec(mimeType)),
    ),
  ).toBe(expected);
});

test('H264 is announced as the profile that every server takes, whatever the vendor says', () => {
  const high = codec('video/H264', 'packetization-mode=0;profile-level-id=640032');
  expect(stageCodec('video/h264', [high]).fmtp).toBe(
    'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  );
  expect(stageCodec('video/vp8', [])).toEqual({ mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 });
});

test('stereo and DTX are announced as the vendor has them', () => {
  const plain = [codec('audio/opus', 'minptime=10;useinbandfec=1')];
  const rich = [codec('audio/opus', 'minptime=10; usedtx=1;sprop-stereo=1')];
  expect([isStereo(plain), usesDtx(plain), isStereo(rich), usesDtx(rich)]).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(stageCodec('audio/opus', plain).fmtp).toBe('minptime=10;useinbandfec=1');
  expect(stageCodec('audio/opus', rich).fmtp).toBe(
    'minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;usedtx=1',
  );
});
