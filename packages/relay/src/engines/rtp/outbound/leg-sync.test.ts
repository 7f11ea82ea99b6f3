import { buildSenderReport, isRtcp, ntpOf } from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { skewOf } from './capture-delay.ts';
import { Leg } from './leg.ts';
import { SourceClock } from '../inbound/source-clock.ts';
import { audioPacket, inletOf, OPUS, videoLeg, videoPacket } from '../../../../test/packets.ts';

const EPOCH = 1_700_000_000_000;

/**
 * An avatar whose packets and reports are made at times on a clock of its own, in ms since 1970; each arrives
 * at `now`.
 */
class Avatar {
  readonly #clock = new SourceClock();
  readonly video = inletOf({ clock: this.#clock }).inlet;
  readonly audio = inletOf({ kind: 'audio', mimeType: 'audio/opus', codecs: [OPUS], clock: this.#clock })
    .inlet;
  readonly #startedAt: number;
  readonly #timestamps: { video: number; audio: number };
  readonly #ssrcs: { video: number; audio: number };
  #sequenceNumber = 0;

  constructor(startedAt: number, timestamps: { video: number; audio: number }, ssrc: number) {
    this.#startedAt = startedAt;
    this.#timestamps = timestamps;
    this.#ssrcs = { video: ssrc, audio: ssrc + 1 };
  }

  picture(capturedAt: number, now: number): void {
    const timestamp = this.#timestamp('video', capturedAt);
    const sequenceNumber = this.#sequenceNumber++;
    this.video.receive(
      videoPacket({ sequenceNumber, timestamp, ssrc: this.#ssrcs.video, keyFrame: true, marker: true }),
      now,
    );
  }

  sound(capturedAt: number, now: number, payload?: Buffer<ArrayBuffer>): void {
    const timestamp = this.#timestamp('audio', capturedAt);
    this.audio.receive(
      audioPacket({ sequenceNumber: this.#sequenceNumber++, timestamp, ssrc: this.#ssrcs.audio }, payload),
      now,
    );
  }

  report(kind: 'video' | 'audio', madeAt: number, now: number): void {
    const rtpTimestamp = this.#timestamp(kind, madeAt);
    const report = { ssrc: this.#ssrcs[kind], ...ntpOf(madeAt), rtpTimestamp, packetCount: 1, octetCount: 1 };
    this[kind].receive(buildSenderReport(report), now);
  }

  #timestamp(kind: 'video' | 'audio', at: number): number {
    return (this.#timestamps[kind] + Math.round((at - this.#startedAt) * (kind === 'video' ? 90 : 48))) >>> 0;
  }
}

/** Both legs of a relay, and what a receiver on the stage makes of them. */
class Stage {
  readonly #sent = { video: [] as Buffer[], audio: [] as Buffer[] };
  readonly video = videoLeg({ epoch: EPOCH, output: this.#output('video', 90_000) }).leg;
  readonly audio = new Leg({
    kind: 'audio',
    mimeType: 'audio/opus',
    output: this.#output('audio', 48_000),
    epoch: EPOCH,
    onFirstPacket: () => {},
  });

  bind(avatar: Avatar, now: number): void {
    this.video.bind(avatar.video, now);
    this.audio.bind(avatar.audio, now);
  }

  tick(now: number): void {
    this.video.tick(now);
    this.audio.tick(now);
  }

  get skew(): number | undefined {
    return skewOf(this.audio.captureDelay, this.video.captureDelay);
  }

  /** How much later than the last picture the last sound was captured, by the last reports. */
  get soundAfterPicture(): number {
    return this.#capturedAt('audio', 48) - this.#capturedAt('video', 90);
  }

  #capturedAt(kind: 'video' | 'audio', ticksPerMs: number): number {
    const packet = this.#sent[kind].findLast((one) => !isRtcp(one))!;
    const report = this.#sent[kind].findLast((one) => isRtcp(one))!;
    const ntp = report.readUInt32BE(8) * 1000 + (report.readUInt32BE(12) * 1000) / 2 ** 32;
    return ntp + ((packet.readUInt32BE(4) - report.readUInt32BE(16)) | 0) / ticksPerMs;
  }

  #output(kind: 'video' | 'audio', clockRate: number) {
    const send = (packet: Buffer) => this.#sent[kind].push(Buffer.from(packet)) > 0;
    return { ssrc: clockRate, payloadType: 111, clockRate, send };
  }
}

const FIRST = 900_000_000_000;
const SECOND = 1_800_000_000_000;
const first = (): Avatar => new Avatar(FIRST, { video: 4_294_900_000, audio: 17 }, 1);
const second = (): Avatar => new Avatar(SECOND, { video: 123, audio: 4_294_967_000 }, 3);

function withFirst(): { stage: Stage; avatar: Avatar } {
  const [stage, avatar] = [new Stage(), first()];
  stage.bind(avatar, 0);
  avatar.picture(FIRST, 40);
  avatar.sound(FIRST + 7, 60);
  avatar.report('video', FIRST + 100, 130);
  avatar.report('audio', FIRST + 450, 530);
  return { stage, avatar };
}

test('on the stage, voice and picture are as far apart as the source says', () => {
  const { stage, avatar } = withFirst();
  expect(stage.soundAfterPicture).toBeCloseTo(7, 0);
  avatar.picture(FIRST + 600, 640);
  avatar.sound(FIRST + 723, 790);
  expect(Math.abs(stage.soundAfterPicture - 123)).toBeLessThan(1);
});

test('so they are after a change of source, with its first packets already, when its reports have come before', () => {
  const { stage } = withFirst();
  const next = second();
  next.sound(SECOND, 1000);
  next.report('audio', SECOND + 100, 1190);
  next.picture(SECOND + 180, 1200);
  next.report('video', SECOND + 200, 1210);
  stage.bind(next, 1300);
  next.picture(SECOND + 400, 1410);
  next.sound(SECOND + 331, 1450);
  expect(Math.abs(stage.soundAfterPicture + 69)).toBeLessThan(1);
  next.report('video', SECOND + 3000, 3080);
  next.report('audio', SECOND + 4000, 4010);
  expect(Math.abs(stage.soundAfterPicture + 69)).toBeLessThan(1);
});

test('so they are with the first reports of a source that had none before', () => {
  const { stage } = withFirst();
  const next = second();
  stage.bind(next, 1300);
  next.picture(SECOND + 400, 1410);
  next.sound(SECOND + 331, 1450);
  next.report('video', SECOND + 3000, 3080);
  next.report('audio', SECOND + 4000, 4110);
  expect(Math.abs(stage.soundAfterPicture + 69)).toBeLessThan(1);
});

test('the skew is that of the source that both are of, once both have a report, and a voice at rest has no part in it', () => {
  const [stage, avatar, next] = [new Stage(), first(), second()];
  stage.bind(avatar, 0);
  stage.tick(10);
  avatar.picture(FIRST, 40);
  avatar.sound(FIRST, 65);
  avatar.report('video', FIRST + 100, 130);
  stage.tick(250);
  expect(stage.skew).toBeUndefined();
  avatar.report('audio', FIRST + 450, 530);
  stage.tick(750);
  expect(stage.skew).toBe(25);

  avatar.sound(FIRST + 500, 600, Buffer.from([0xf8]));
  stage.tick(1000);
  expect(stage.skew).toBe(25);

  stage.bind(next, 1100);
  next.picture(SECOND, 1110);
  next.report('video', SECOND, 1120);
  stage.tick(1250);
  expect(stage.skew).toBeUndefined();
  next.sound(SECOND, 1104);
  next.report('audio', SECOND + 10, 1130);
  stage.tick(1500);
  expect(stage.skew).toBe(-6);
});
