import { startsH264KeyFrame, startsVp8KeyFrame } from '@avatar-bridge/livekit-rtp';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { startsKeyFrame } from './key-frame.ts';

const starts = (mimeType: string, bytes: number[]): boolean => {
  const packet = Buffer.from([9, 9, ...bytes, 0x65, 0x65]);
  return startsKeyFrame(mimeType, packet, 2, 2 + bytes.length);
};

test.each([
  ['a sequence parameter set', [0x67, 1], true],
  ['an IDR slice', [0x65, 1], true],
  ['a delta slice', [0x41, 1], false],
  ['the first fragment of an IDR slice', [0x7c, 0x85], true],
  ['a later fragment of an IDR slice', [0x7c, 0x05], false],
  ['an aggregate with parameter sets', [0x78, 0, 1, 0x06, 0, 2, 0x67, 1], true],
  ['an aggregate of delta slices', [0x78, 0, 2, 0x41, 1], false],
  ['an aggregate that ends too early', [0x78, 0], false],
  ['nothing', [], false],
])('H264: %s', (_name, bytes, expected) => {
  expect(starts('video/h264', bytes)).toBe(expected);
});

test.each([
  ['the first packet of a key frame', [0x10, 0x00], true],
  ['with a long picture id', [0x90, 0x80, 0x80, 1, 0x00], true],
  ['with all fields', [0x90, 0xf0, 0x05, 1, 1, 0x00], true],
  ['a delta frame', [0x90, 0x80, 0x05, 0x01], false],
  ['a later packet', [0x00, 0x00], false],
  ['a later partition', [0x11, 0x00], false],
  ['a descriptor without a frame', [0x10], false],
])('VP8: %s', (_name, bytes, expected) => {
  expect(starts('video/vp8', bytes)).toBe(expected);
});

test('it agrees with the reader of livekit-rtp on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      expect(startsKeyFrame('video/h264', Buffer.from(bytes), 0, bytes.length)).toBe(
        startsH264KeyFrame(bytes),
      );
      expect(startsKeyFrame('video/vp8', Buffer.from(bytes), 0, bytes.length)).toBe(startsVp8KeyFrame(bytes));
    }),
  );
});
