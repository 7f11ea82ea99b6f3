import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { decodeFrame, encodeFrame, type Frame } from './frame.ts';

/** As in the vendor's SDK, read by the library that it uses. */
const Vendor = protobuf
  .parse(`
  syntax = "proto3"; package pipecat;
  message TextFrame { uint64 id = 1; string name = 2; string text = 3; }
  message AudioRawFrame { uint64 id = 1; string name = 2; bytes audio = 3; uint32 sample_rate = 4; uint32 num_channels = 5; }
  message TranscriptionFrame { uint64 id = 1; string name = 2; string text = 3; string user_id = 4; string timestamp = 5; }
  message Frame { oneof frame { TextFrame text = 1; AudioRawFrame audio = 2; TranscriptionFrame transcription = 3; } }
`)
  .root.lookupType('pipecat.Frame');

const text = fc.string({ unit: 'grapheme' });
const uint32 = fc.nat(0xffffffff);

test('the vendor reads the texts and the audio that we write', () => {
  fc.assert(
    fc.property(text, fc.uint8Array({ maxLength: 2_000 }), uint32, (words, audio, sampleRate) => {
      const asText = Vendor.toObject(Vendor.decode(encodeFrame({ kind: 'text', text: words })), {
        defaults: true,
      });
      expect(asText['text']).toMatchObject({ text: words });
      const asAudio = Vendor.toObject(
        Vendor.decode(encodeFrame({ kind: 'audio', audio, sampleRate, numChannels: 1 })),
        { defaults: true },
      );
      expect(asAudio['audio']).toMatchObject({ sampleRate, numChannels: 1 });
      expect(Buffer.from(asAudio['audio'].audio)).toEqual(Buffer.from(audio));
    }),
  );
});

test('we read what the vendor writes', () => {
  fc.assert(
    fc.property(text, uint32, fc.uint8Array(), (words, rate, audio) => {
      expect(decodeFrame(Vendor.encode({ text: { text: words } }).finish())).toEqual({
        kind: 'text',
        text: words,
      });
      const decoded = decodeFrame(
        Vendor.encode({ audio: { audio, sampleRate: rate, numChannels: 2 } }).finish(),
      );
      expect(decoded).toMatchObject({ kind: 'audio', sampleRate: rate, numChannels: 2 });
      expect(Buffer.from((decoded as { audio: Uint8Array }).audio)).toEqual(Buffer.from(audio));
      const transcript = { text: words, userId: 'u', timestamp: 'now', id: 1, name: 'n' };
      expect(decodeFrame(Vendor.encode({ transcription: transcript }).finish())).toEqual({
        kind: 'transcription',
        ...transcript,
        id: 1n,
      });
    }),
  );
});

test('a frame comes back as it was', () => {
  const frame: Frame = {
    kind: 'transcription',
    id: 2n ** 64n - 1n,
    name: 'n',
    text: 'Grüße',
    userId: 'u',
    timestamp: '1',
  };
  expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
});

test('no bytes make the decoder throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void decodeFrame(bytes)),
    { numRuns: 2_000 },
  );
  const whole = encodeFrame({ kind: 'text', text: 'a rather long text' });
  for (let cut = 1; cut < whole.length; cut++) expect(decodeFrame(whole.subarray(0, cut))).toBeUndefined();
});
