import { readFields, Writer } from './protobuf.ts';

/**
 * A binary message of /v1/ws/streaming.chat, client to server: protobuf `pipecat.Frame`, one of three (SDK
 * 2.1.0's descriptor). A text frame is a talk task in async mode; audio is 16-bit PCM, mono, 16 kHz.
 */
export type Frame =
  | { kind: 'text'; id?: bigint; name?: string; text: string }
  | { kind: 'audio'; id?: bigint; name?: string; audio: Uint8Array; sampleRate: number; numChannels: number }
  | { kind: 'transcription'; id?: bigint; name?: string; text: string; userId?: string; timestamp?: string };

const kinds = ['text', 'audio', 'transcription'] as const;

/** A frame's bytes. */
export function encodeFrame(frame: Frame): Uint8Array {
  const inner = new Writer().varint(1, frame.id).string(2, frame.name);
  switch (frame.kind) {
    case 'text':
      inner.string(3, frame.text);
      break;
    case 'audio':
      inner.bytes(3, frame.audio).varint(4, BigInt(frame.sampleRate)).varint(5, BigInt(frame.numChannels));
      break;
    case 'transcription':
      inner.string(3, frame.text).string(4, frame.userId).string(5, frame.timestamp);
      break;
  }
  return new Writer().message(kinds.indexOf(frame.kind) + 1, inner.finish()).finish();
}

/**
 * The frame that bytes hold; undefined when they hold none. Unknown fields are skipped; of several frames the
 * last one counts.
 */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  const outer = readFields(bytes);
  if (!outer) return undefined;
  let frame: Frame | undefined;
  for (const { field, value } of outer) {
    const kind = kinds[field - 1];
    if (!kind) continue;
    if (!(value instanceof Uint8Array)) return undefined;
    frame = decodeInner(kind, value);
    if (!frame) return undefined;
  }
  return frame;
}

function decodeInner(kind: Frame['kind'], bytes: Uint8Array): Frame | undefined {
  const fields = readFields(bytes);
  if (!fields) return undefined;
  const last = (field: number) => fields.findLast((f) => f.field === field)?.value;
  const text = (field: number) => {
    const value = last(field);
    return value instanceof Uint8Array ? new TextDecoder().decode(value) : undefined;
  };
  const number = (field: number) => {
    const value = last(field);
    return typeof value === 'bigint' ? Number(BigInt.asUintN(32, value)) : 0;
  };
  const id = last(1);
  const name = text(2);
  const common = { ...(typeof id === 'bigint' && { id }), ...(name !== undefined && { name }) };
  if (kind === 'text') return { kind, ...common, text: text(3) ?? '' };
  if (kind === 'audio') {
    const audio = last(3);
    return {
      kind,
      ...common,
      audio: audio instanceof Uint8Array ? audio : new Uint8Array(),
      sampleRate: number(4),
      numChannels: number(5),
    };
  }
  const userId = text(4);
  const timestamp = text(5);
  return {
    kind,
    ...common,
    text: text(3) ?? '',
    ...(userId !== undefined && { userId }),
    ...(timestamp !== undefined && { timestamp }),
  };
}
