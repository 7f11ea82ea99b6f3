import type { DataPacket } from '@livekit/protocol';
import { DataStream_ByteHeader, DataStream_Header } from '@livekit/protocol';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReceivedText } from './events.ts';
import { splitUtf8, TextStreamAssembler, textStreamPackets, TEXT_CHUNK_BYTES } from './text-stream.ts';

const options = {
  streamId: 's',
  topic: 't',
  attributes: { a: '1' },
  destinationIdentities: [],
  timestamp: 5,
};

function assemble(packets: DataPacket[], assembler = new TextStreamAssembler()): ReceivedText | undefined {
  let text: ReceivedText | undefined;
  for (const { value } of packets) {
    if (value.case === 'streamHeader') assembler.onHeader(value.value, 'somebody');
    else if (value.case === 'streamChunk') assembler.onChunk(value.value);
    else if (value.case === 'streamTrailer') text = assembler.onTrailer(value.value);
  }
  return text;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

describe('text streams', () => {
  test('what is sent is put together again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.integer({ min: 0, max: 200 }),
        (part, times) => {
          const text = part.repeat(times);
          expect(assemble(textStreamPackets(text, options))).toEqual({
            text,
            topic: 't',
            attributes: { a: '1' },
            streamId: 's',
            participantIdentity: 'somebody',
          });
        },
      ),
    );
  });

  test('no chunk is too long or ends inside a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 4, max: 20 }),
        (text, size) => {
          const parts = splitUtf8(Buffer.from(text), size);
          expect(parts.every(({ length }) => length > 0 && length <= size)).toBe(true);
          expect(parts.map((part) => decoder.decode(part)).join('')).toBe(Buffer.from(text).toString());
        },
      ),
    );
    const chunks = textStreamPackets('é'.repeat(20_000), options).flatMap(({ value }) =>
      value.case === 'streamChunk' ? [value.value] : [],
    );
    expect(chunks.map(({ content }) => content.length)).toEqual([TEXT_CHUNK_BYTES, TEXT_CHUNK_BYTES, 10_000]);
    expect(chunks.map(({ chunkIndex }) => Number(chunkIndex))).toEqual([0, 1, 2]);
  });

  test('streams of several senders may interleave', () => {
    const assembler = new TextStreamAssembler();
    const one = textStreamPackets('one'.repeat(10_000), { ...options, streamId: '1' });
    const two = textStreamPackets('two'.repeat(10_000), { ...options, streamId: '2' });
    const texts: (string | undefined)[] = [];
    one.forEach((packet, index) => {
      for (const each of [packet, two[index]!]) if (each) texts.push(assemble([each], assembler)?.text);
    });
    expect(texts.filter(Boolean)).toEqual(['one'.repeat(10_000), 'two'.repeat(10_000)]);
    expect(assembler.openStreams).toBe(0);
  });

  test('a stream with a missing chunk or a wrong length is not delivered', () => {
    const packets = textStreamPackets('x'.repeat(40_000), options);
    expect(assemble(packets.toSpliced(1, 1))).toBeUndefined();
    expect(assemble(packets.toSpliced(3, 1))).toBeUndefined();
    expect(assemble(packets.toSpliced(2, 0, packets[1]!))?.text.length).toBe(40_000);
  });

  test('nothing is kept for a sender who left, for files, or for endless streams', () => {
    const assembler = new TextStreamAssembler();
    assemble(textStreamPackets('x', options).slice(0, 2), assembler);
    assembler.forgetParticipant('nobody');
    expect(assembler.openStreams).toBe(1);
    assembler.forgetParticipant('somebody');
    expect(assembler.openStreams).toBe(0);
    assembler.onHeader(
      new DataStream_Header({
        streamId: 'f',
        contentHeader: { case: 'byteHeader', value: new DataStream_ByteHeader() },
      }),
    );
    for (let index = 0; index < 1_000; index++)
      assemble(textStreamPackets('x', { ...options, streamId: `${index}` }).slice(0, 1), assembler);
    expect(assembler.openStreams).toBeLessThanOrEqual(256);
    const endless = textStreamPackets('x'.repeat(TEXT_CHUNK_BYTES * 400), {
      ...options,
      streamId: 'endless',
    });
    expect(assemble(endless, assembler)).toBeUndefined();
  });
});
