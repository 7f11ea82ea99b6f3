import OpusScript from 'opusscript';
import { resample } from './resample.ts';

/** ms of one audio packet. */
export const audioFrameMs = 20;

/** 20 ms of silence: a wideband mono CELT frame, as the encoder below makes it of zeros. */
export const silentFrame: Buffer = Buffer.from([0xb8, 0xff, 0xfe]);

/** Loudness of silence in an audio-level header extension (RFC 6464): -dBov. */
export const silentLevel = 127;

const opusRates = [8000, 12_000, 16_000, 24_000, 48_000] as const;
export type OpusRate = (typeof opusRates)[number];
const setComplexity = 4010;
const peak = 0.75 * 0x7fff;

export type EncodedAudio = { frames: Buffer[]; levels: Uint8Array };

/**
 * Opus of a stream, mono, about 40 kbit/s, packet by packet. Encoded without prediction from speech models: a tenth of
 * the CPU, and any packet may follow any other.
 */
export class OpusEncoder {
  /** Samples of one packet. */
  readonly frameSize: number;
  readonly #encoder: OpusScript;

  constructor(rate: OpusRate) {
    this.frameSize = (rate / 1000) * audioFrameMs;
    this.#encoder = new OpusScript(rate, 1, OpusScript.Application.RESTRICTED_LOWDELAY);
    this.#encoder.setBitrate(40_000);
    this.#encoder.encoderCTL(setComplexity, 4);
  }

  /** `frame` has `frameSize` samples. `level` is their loudness in -dBov. */
  encode(frame: Int16Array): { packet: Buffer; level: number } {
    const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
    return { packet: this.#encoder.encode(bytes, this.frameSize), level: levelOf(frame) };
  }

  close(): void {
    this.#encoder.delete();
  }
}

/** Opus packets of 20 ms, and the level of each in -dBov. The loudest sample is brought to -2.5 dBFS. */
export function encodeOpus(pcm: Int16Array, sampleRate: number): EncodedAudio {
  const rate = opusRates.find((candidate) => candidate >= Math.min(sampleRate, 48_000))!;
  const samples = loud(resample(pcm, sampleRate, rate));
  const encoder = new OpusEncoder(rate);
  const size = encoder.frameSize;
  const count = Math.ceil(samples.length / size);
  const frames: Buffer[] = [];
  const levels = new Uint8Array(count);
  const frame = new Int16Array(size);
  for (let index = 0; index < count; index++) {
    frame.fill(0);
    frame.set(samples.subarray(index * size, (index + 1) * size));
    const { packet, level } = encoder.encode(frame);
    frames.push(packet);
    levels[index] = level;
  }
  encoder.close();
  return { frames, levels };
}

function levelOf(frame: Int16Array): number {
  let sum = 0;
  for (const sample of frame) sum += sample * sample;
  const rms = Math.sqrt(sum / frame.length) / 0x8000;
  return rms < 1e-6 ? silentLevel : Math.min(silentLevel, Math.round(-20 * Math.log10(rms)));
}

function loud(pcm: Int16Array): Int16Array {
  let loudest = 0;
  for (const sample of pcm) loudest = Math.max(loudest, Math.abs(sample));
  if (loudest < 500) return pcm;
  const gain = peak / loudest;
  return pcm.map((sample) => Math.round(sample * gain));
}
