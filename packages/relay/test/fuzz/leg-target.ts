import { ok } from 'node:assert/strict';
import { createRtpHeader, forEachRtcp, isRtcp, parseRtpHeader, RTCP_RTPFB } from '@avatar-bridge/livekit-rtp';
import type { Codec, MediaKind } from '@avatar-bridge/livekit-rtp';
import type { Target } from '../../../livekit-rtp/test/fuzz/feed.ts';
import { Mutator } from '../../../livekit-rtp/test/fuzz/mutator.ts';
import { rtcpCorpus, rtpCorpus } from '../../../livekit-rtp/test/fuzz/packet-targets.ts';
import type { Random } from '../../../livekit-rtp/test/fuzz/random.ts';
import { Inlet } from '../../src/engines/rtp/inbound/inlet.ts';
import { Leg } from '../../src/engines/rtp/outbound/leg.ts';
import type { LegStats } from '../../src/engines/rtp/outbound/leg.ts';
import { sequenceDelta } from '../../src/packets/numbers.ts';
import { SourceClock } from '../../src/engines/rtp/inbound/source-clock.ts';
import { OPUS, OUT_SSRC, OUT_TYPE, VP8, VP8_RTX } from '../packets.ts';

const H264: Codec = {
  mimeType: 'video/H264',
  payloadType: 98,
  clockRate: 90_000,
  fmtp: 'packetization-mode=1',
};
const H264_RTX: Codec = { mimeType: 'video/rtx', payloadType: 99, clockRate: 90_000, fmtp: 'apt=98' };
const CODECS = [VP8, VP8_RTX, H264, H264_RTX, OPUS];
/** Of the corpus, and what mutations seldom hit by themselves. */
const SOURCE_SSRC = 0x01020304;
const AUDIO_LEVEL_ID = 3;
/** Numbers that receivers and libsrtp can still tell from a wrap around. */
const LARGEST_STEP = 1_100;

/**
 * Packets of a broken vendor, and feedback of a broken stage, to one leg; what comes out has to be one stream
 * all the same.
 */
export function legTarget(
  random: Random,
  kind: MediaKind,
  mimeType: string,
  inputs: number,
): Target & { stats: () => LegStats } {
  const bench = new LegBench(random, kind, mimeType);
  const media = new Mutator(random, rtpCorpus([96, 97, 98, 99, 111]));
  const reports = new Mutator(random, rtcpCorpus(SOURCE_SSRC));
  const feedback = new Mutator(random, rtcpCorpus(OUT_SSRC));
  let fromStage = false;
  return {
    name: `${mimeType} leg`,
    inputs,
    next: () => {
      fromStage = random.oneIn(10);
      if (fromStage) return bench.askAgain(feedback.next());
      return random.oneIn(12) ? reports.next() : bench.continued(media.next());
    },
    check: (packet: Buffer) => (fromStage ? bench.stage(packet) : bench.source(packet)),
    stats: () => bench.stats,
  };
}

class LegBench {
  readonly #random: Random;
  readonly #kind: MediaKind;
  readonly #mimeType: string;
  readonly #payloadType: number;
  readonly #leg: Leg;
  readonly #header = createRtpHeader();
  /** By 16-bit number: how often it had wrapped around when it was last sent. */
  readonly #sent = new Int32Array(0x10000).fill(-1);
  #inlet: Inlet;
  #now = 0;
  #sequence = 65_000;
  #highest = -1;
  #repeating = false;

  constructor(random: Random, kind: MediaKind, mimeType: string) {
    this.#random = random;
    this.#kind = kind;
    this.#mimeType = mimeType;
    this.#payloadType = CODECS.find((codec) => codec.mimeType.toLowerCase() === mimeType)!.payloadType;
    this.#leg = new Leg({
      kind,
      mimeType,
      output: {
        ssrc: OUT_SSRC,
        payloadType: OUT_TYPE,
        clockRate: kind === 'video' ? 90_000 : 48_000,
        audioLevelId: kind === 'audio' ? AUDIO_LEVEL_ID : undefined,
        send: (packet) => this.#onSent(packet),
      },
      epoch: 1_700_000_000_000,
      onFirstPacket: () => {},
    });
    this.#inlet = this.#bind();
  }

  get stats(): LegStats {
    return this.#leg.stats;
  }

  /** Mostly, a packet is made to continue the stream: of nothing but strangers, none would come through. */
  continued(packet: Buffer): Buffer {
    const random = this.#random;
    if (packet.length < 12 || random.oneIn(25)) return packet;
    if (random.oneIn(40)) this.#sequence -= random.below(20);
    if (random.oneIn(40)) this.#sequence += random.below(50);
    packet.writeUInt16BE(++this.#sequence & 0xffff, 2);
    if (!random.oneIn(50)) packet.writeUInt32BE(Math.round(this.#now * 90) >>> 0, 4);
    if (!random.oneIn(200)) packet.writeUInt32BE(SOURCE_SSRC, 8);
    if (random.oneIn(5)) return packet;
    packet[0] = 0x80 | (packet[0]! & 0x3f);
    packet[1] = (packet[1]! & 0x80) | this.#payloadType;
    return packet;
  }

  /** A NACK is mostly about what was sent lately. */
  askAgain(packet: Buffer): Buffer {
    if (packet.length >= 16 && packet[1] === RTCP_RTPFB && !this.#random.oneIn(10))
      packet.writeUInt16BE((this.#highest - this.#random.below(600)) & 0xffff, 12);
    return packet;
  }

  source(packet: Buffer): void {
    const random = this.#random;
    this.#now += random.oneIn(500) ? random.below(10_000) : random.below(20);
    if (random.oneIn(2_000)) {
      if (random.oneIn(2)) this.#leg.unbind(this.#inlet);
      this.#inlet = this.#bind();
    }
    this.#inlet.receive(packet, this.#now);
    if (random.oneIn(10)) this.#inlet.onTimer(this.#now);
    if (random.oneIn(100)) this.#inlet.sendReport(this.#now);
    const { packets, lost, jitter } = this.#inlet.stats();
    ok(packets >= 0 && Number.isFinite(lost) && Number.isFinite(jitter));
  }

  stage(packet: Buffer): void {
    this.#repeating = true;
    this.#leg.onStageRtcp(packet, this.#now);
    this.#repeating = false;
  }

  #bind(): Inlet {
    const inlet = new Inlet({
      kind: this.#kind,
      mimeType: this.#mimeType,
      codecs: CODECS,
      clock: new SourceClock(),
      sendRtcp: checkFeedback,
      schedule: (delay) => ok(delay >= 1 && delay < 60_000, `${delay}`),
    });
    this.#leg.bind(inlet, this.#now);
    return inlet;
  }

  #onSent(packet: Buffer): boolean {
    if (isRtcp(packet)) {
      ok(packet.length === 28 && packet.readUInt32BE(4) === OUT_SSRC);
      return true;
    }
    const header = parseRtpHeader(packet, this.#header);
    ok(
      header !== undefined &&
        header.ssrc === OUT_SSRC &&
        header.payloadType === OUT_TYPE &&
        header.csrcCount === 0,
    );
    ok(
      header.extensionLength === (this.#kind === 'audio' && packet.length <= 1500 ? 8 : 0) ||
        packet.length > 1492,
      `${packet.length}`,
    );
    // The stage asks for packets that it had, and for key frames, which go out under new numbers.
    const asked = this.#repeating && sequenceDelta(header.sequenceNumber, this.#highest & 0xffff) <= 0;
    if (asked) ok(this.#sent[header.sequenceNumber]! >= 0);
    else this.#count(header.sequenceNumber);
    return !this.#random.oneIn(100);
  }

  /** Each number once, and near the newest: later than it by a few, or not much older. */
  #count(number: number): void {
    if (this.#highest < 0) this.#highest = number + 0x10000 - 1;
    const step = sequenceDelta(number, this.#highest & 0xffff);
    ok(Math.abs(step) <= LARGEST_STEP, `${step}`);
    const extended = this.#highest + step;
    ok(this.#sent[number] !== extended >> 16, `number ${number} was sent twice`);
    this.#sent[number] = extended >> 16;
    this.#highest = Math.max(this.#highest, extended);
  }
}

function checkFeedback(packet: Buffer): void {
  let end = 0;
  forEachRtcp(packet, (_type, _format, offset, length) => (end = offset + length));
  ok(end === packet.length && end > 0);
}
