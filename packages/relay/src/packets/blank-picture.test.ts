import { expect, test } from 'vitest';
import { h264Frames, vp8Frames } from '../../test/clip.ts';
import { isBlankPicture } from './blank-picture.ts';

const SPS = '6742c01f0fd91f888884000003000400000300c83c60c920';
const BLANK_H264 = Buffer.from(`180018${SPS}00066887cb83cb20000a6588840af2628000a7be`, 'hex');
const BLANK_VP8 = '1002009d012a08000800004708858588858488020200';

test('the pictures that the server makes up are known, those of an avatar are not among them', () => {
  const isBlank = (mimeType: string, payload: Buffer): boolean => {
    const packet = Buffer.concat([Buffer.alloc(12), payload]);
    return isBlankPicture(mimeType, packet, 12, packet.length);
  };
  expect(isBlank('video/h264', BLANK_H264)).toBe(true);
  expect(isBlank('video/h264', BLANK_H264.subarray(0, 20))).toBe(false);
  expect(isBlank('video/vp8', Buffer.from(`10${BLANK_VP8}`, 'hex'))).toBe(true);
  expect(isBlank('video/vp8', Buffer.from(`90e080010000${BLANK_VP8}`, 'hex'))).toBe(true);
  expect(isBlank('video/vp8', Buffer.from('9080', 'hex'))).toBe(false);
  expect(isBlank('video/av1', BLANK_H264)).toBe(false);
  for (const [payload] of h264Frames()) expect(isBlank('video/h264', payload!)).toBe(false);
  for (const [payload] of vp8Frames()) expect(isBlank('video/vp8', payload!)).toBe(false);
});
