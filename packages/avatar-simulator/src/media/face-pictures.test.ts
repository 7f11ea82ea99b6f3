import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startsH264KeyFrame, startsVp8KeyFrame } from '@avatar-bridge/livekit-rtp';
import { describe, expect, test } from 'vitest';
import { facePictures, readH264, readIvf } from './face-pictures.ts';
import { faceStates, mouths } from './face.ts';
import { frameRate, pictureSizes } from './picture-size.ts';
import type { Quality } from './picture-size.ts';

const asset = (name: string) => readFile(join(import.meta.dirname, '../../assets', name));
const payload = (packet: Buffer) => packet.subarray(12);

describe.each(Object.entries(pictureSizes) as [Quality, (typeof pictureSizes)[Quality]][])(
  'quality %s',
  (quality, { width, height, bitrate }) => {
    test('every H264 picture is one IDR slice with its parameter sets, constrained baseline 3.1', async () => {
      const pictures = readH264(await asset(`${quality}.h264`));
      expect(pictures).toHaveLength(faceStates.length);
      for (const units of pictures) {
        expect(units.map((unit) => unit[0]! & 31)).toEqual([7, 8, 5]);
        expect(units[0]!.subarray(1, 4).toString('hex')).toBe('42e01f');
        expect(units[2]![2]! & 7).toBe(0b010);
      }
    });

    test('every VP8 picture is a key frame of the right size', async () => {
      const pictures = readIvf(await asset(`${quality}.ivf`));
      expect(pictures).toHaveLength(faceStates.length);
      for (const frame of pictures) {
        expect(frame[0]! & 1).toBe(0);
        expect(frame.subarray(3, 6).toString('hex')).toBe('9d012a');
        expect([frame.readUInt16LE(6) & 0x3fff, frame.readUInt16LE(8) & 0x3fff]).toEqual([width, height]);
      }
    });

    test.each(['H264', 'VP8'] as const)(
      '%s pictures are small enough for the announced bitrate',
      async (encoding) => {
        const picture = await facePictures(encoding, quality);
        const sizes = faceStates.map((state) =>
          picture(state).packets.reduce((sum, packet) => sum + packet.length - 12, 0),
        );
        const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
        expect(mean * 8 * frameRate).toBeLessThan(bitrate * 1.1);
      },
    );
  },
);

test.each([
  ['H264', startsH264KeyFrame],
  ['VP8', startsVp8KeyFrame],
] as const)('%s packets fit and start with a key frame', async (encoding, startsKeyFrame) => {
  const picture = await facePictures(encoding, 'high');
  for (const state of faceStates) {
    const { packets } = picture(state);
    expect(startsKeyFrame(payload(packets[0]!))).toBe(true);
    for (const packet of packets) expect(packet.length).toBeLessThanOrEqual(1200);
  }
});

test.each(['H264', 'VP8'] as const)('each mouth has a %s picture of its own', async (encoding) => {
  const picture = await facePictures(encoding, 'high');
  const bytes = mouths.map((mouth) =>
    Buffer.concat(picture({ pose: 0, mouth, eyes: 'open' }).packets).toString('base64'),
  );
  expect(new Set(bytes).size).toBe(mouths.length);
});

test('an open mouth has no picture with shut eyes: the eyes stay open', async () => {
  const picture = await facePictures('H264', 'high');
  expect(picture({ pose: 1, mouth: 'open', eyes: 'shut' })).toBe(
    picture({ pose: 1, mouth: 'open', eyes: 'open' }),
  );
  expect(picture({ pose: 1, mouth: 'rest', eyes: 'shut' })).not.toBe(
    picture({ pose: 1, mouth: 'rest', eyes: 'open' }),
  );
});

test('the same H264 picture sent twice has two idr_pic_ids', async () => {
  const { packets, number } = (await facePictures('H264', 'high'))(faceStates[0]!);
  const idrPicIds = [0, 1, 2].map((index) => {
    number(index);
    return payload(packets[1]!)[3]! & 7;
  });
  expect(idrPicIds).toEqual([0b010, 0b011, 0b010]);
});

test('VP8 pictures carry the picture id in each packet, in 15 bits', async () => {
  const { packets, number } = (await facePictures('VP8', 'high'))(faceStates[0]!);
  number(0x8000 + 5);
  for (const packet of packets) expect(payload(packet).readUInt16BE(2)).toBe(0x8005);
});
