import {
  DataPacket,
  DataStream_Chunk,
  DataStream_Header,
  DataStream_TextHeader,
  DataStream_Trailer,
} from '@livekit/protocol';
import type { ReceivedText } from './events.ts';
import type { Logger } from './types.ts';

/** Bytes of text in a chunk: what LiveKit's clients use, below the 16 kB that every SCTP implementation takes. */
export const TEXT_CHUNK_BYTES = 15_000;

export type OutgoingText = {
  streamId: string;
  topic: string;
  attributes: Record<string, string>;
  destinationIdentities: string[];
  timestamp: number;
};

/** The packets of a text stream: header, chunks that end between characters, trailer. */
export function textStreamPackets(text: string, options: OutgoingText): DataPacket[] {
  const { streamId, destinationIdentities } = options;
  const bytes = Buffer.from(text);
  const header = new DataStream_Header({
    streamId,
    timestamp: BigInt(options.timestamp),
    topic: options.topic,
    mimeType: 'text/plain',
    totalLength: BigInt(bytes.length),
    attributes: options.attributes,
    contentHeader: { case: 'textHeader', value: new DataStream_TextHeader() },
  });
  return [
    new DataPacket({ destinationIdentities, value: { case: 'streamHeader', value: header } }),
    ...splitUtf8(bytes, TEXT_CHUNK_BYTES).map(
      (content, index) =>
        new DataPacket({
          destinationIdentities,
          value: {
            case: 'streamChunk',
            value: new DataStream_Chunk({ streamId, chunkIndex: BigInt(index), content }),
          },
        }),
    ),
    new DataPacket({
      destinationIdentities,
      value: { case: 'streamTrailer', value: new DataStream_Trailer({ streamId }) },
    }),
  ];
}

/** Cuts UTF-8 into parts of at most `size` (>= 4) bytes, never inside a character. */
export function splitUtf8(bytes: Buffer, size: number): Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  while (start < bytes.length) {
    let end = Math.min(bytes.length, start + size);
    while (end < bytes.length && end > start && (bytes[end]! & 0xc0) === 0x80) end--;
    parts.push(bytes.subarray(start, end));
    start = end;
  }
  return parts;
}

type OpenStream = {
  header: DataStream_Header;
  participantIdentity?: string;
  chunks: Uint8Array[];
  bytes: number;
};

/** What a sender can make us keep: more than this, and the stream is dropped. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
const MAX_OPEN_STREAMS = 256;

/** Puts incoming text streams together. Byte streams (files) are ignored. */
export class TextStreamAssembler {
  readonly #open = new Map<string, OpenStream>();
  readonly #logger: Logger | undefined;

  constructor(logger?: Logger) {
    this.#logger = logger;
  }

  get openStreams(): number {
    return this.#open.size;
  }

  onHeader(header: DataStream_Header, participantIdentity?: string): void {
    if (header.contentHeader.case !== 'textHeader') return;
    if (Number(header.totalLength ?? 0n) > MAX_TEXT_BYTES)
      return this.#drop(header.streamId, 'text stream is too long');
    if (this.#open.size >= MAX_OPEN_STREAMS) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) this.#drop(oldest, 'too many open text streams');
    }
    this.#open.set(header.streamId, { header, participantIdentity, chunks: [], bytes: 0 });
  }

  onChunk(chunk: DataStream_Chunk): void {
    const stream = this.#open.get(chunk.streamId);
    if (stream === undefined) return;
    const expected = BigInt(stream.chunks.length);
    if (chunk.chunkIndex < expected) return;
    if (chunk.chunkIndex > expected) return this.#drop(chunk.streamId, 'a chunk of a text stream is missing');
    stream.chunks.push(chunk.content);
    stream.bytes += chunk.content.length;
    if (stream.bytes > MAX_TEXT_BYTES) this.#drop(chunk.streamId, 'text stream is too long');
  }

  /** The complete stream, or undefined when it is unknown or not whole. */
  onTrailer(trailer: DataStream_Trailer): ReceivedText | undefined {
    const stream = this.#open.get(trailer.streamId);
    if (stream === undefined) return undefined;
    this.#open.delete(trailer.streamId);
    const { header } = stream;
    if (header.totalLength !== undefined && header.totalLength !== BigInt(stream.bytes)) {
      this.#logger?.warn({ streamId: trailer.streamId }, 'text stream ended before its announced length');
      return undefined;
    }
    return {
      text: Buffer.concat(stream.chunks).toString('utf8'),
      topic: header.topic,
      attributes: { ...header.attributes, ...trailer.attributes },
      streamId: header.streamId,
      participantIdentity: stream.participantIdentity,
    };
  }

  /** Forgets what somebody who left has not finished. */
  forgetParticipant(identity: string): void {
    for (const [streamId, stream] of this.#open) {
      if (stream.participantIdentity === identity) this.#drop(streamId, 'the sender of a text stream left');
    }
  }

  #drop(streamId: string, why: string): void {
    this.#open.delete(streamId);
    this.#logger?.warn({ streamId, why }, 'text stream dropped');
  }
}
