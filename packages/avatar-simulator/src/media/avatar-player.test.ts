import { isRtcp, parseRtcp, parseRtpHeader, type RtpHeader } from '@avatar-bridge/livekit-rtp';
import { silentFrame } from '@avatar-bridge/speech';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AvatarPlayer } from './avatar-player.ts';
import { ClipSound } from './clip-sound.ts';
import type { Picture } from './face-pictures.ts';
import { mouths } from './face.ts';
import type { FaceState, Mouth } from './face.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import type { Sink } from './outgoing-stream.ts';
import { Pacer } from './pacer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Sent = RtpHeader & { at: number; payload: Buffer };

/** Where packets end in these tests: what was sent can be looked at. */
class Recorder implements Sink {
  readonly packets: Sent[] = [];
  readonly reports: { at: number; packet: Buffer }[] = [];
  readonly codec;
  readonly ssrc = 7;
  readonly audioLevelId = 1;

  constructor(mimeType: string, clockRate: number) {
    this.codec = { mimeType, clockRate, payloadType: 100 };
  }

  send(packet: Buffer): boolean {
    const copy = Buffer.from(packet);
    if (isRtcp(copy)) this.reports.push({ at: performance.now(), packet: copy });
    else {
      const header = parseRtpHeader(copy)!;
      this.packets.push({ ...header, at: performance.now(), payload: copy.subarray(header.headerLength) });
    }
    return true;
  }
}

function face() {
  const shown: FaceState[] = [];
  const picture = (state: FaceState): Picture => ({
    packets: [Buffer.alloc(20), Buffer.alloc(20)],
    number: () => shown.push(state),
  });
  return { shown, picture };
}

function clip(durationMs: number, mouth: Mouth): ClipSound {
  const frames = Array.from({ length: durationMs / 20 }, (_, index) => Buffer.from([index]));
  const mouthTimeline = new Uint8Array(durationMs / 10).fill(mouths.indexOf(mouth));
  return new ClipSound({
    durationMs,
    frames,
    levels: new Uint8Array(frames.length).fill(12),
    mouths: mouthTimeline,
    words: [],
  });
}

function started() {
  const clock = { zero: performance.now() };
  const audio = new Recorder('audio/opus', 48_000);
  const video = new Recorder('video/H264', 90_000);
  const { shown, picture } = face();
  const player = new AvatarPlayer({
    pacer: new Pacer(),
    zero: clock.zero,
    audio: new OutgoingStream(audio, clock),
    video: new OutgoingStream(video, clock),
    picture,
  });
  player.start();
  return {
    player,
    audio,
    video,
    shown,
    spoken: () => audio.packets.filter(({ payload }) => !payload.equals(silentFrame)),
  };
}

test('an idle avatar sends 50 silent packets and 30 pictures a second, with steady numbers and timestamps', async () => {
  const { audio, video, shown, player } = started();
  await vi.advanceTimersByTimeAsync(3000);
  player.stop();
  expect(audio.packets.length).toBeGreaterThanOrEqual(149);
  expect(audio.packets.length).toBeLessThanOrEqual(151);
  expect(shown.length).toBeGreaterThanOrEqual(89);
  expect(shown.length).toBeLessThanOrEqual(91);
  for (const { packets, step } of [
    { packets: audio.packets, step: 960 },
    { packets: video.packets.filter(({ marker }) => marker), step: 3000 },
  ])
    for (const [index, packet] of packets.slice(1).entries())
      expect((packet.timestamp - packets[index]!.timestamp) >>> 0).toBe(step);
  for (const [index, packet] of video.packets.slice(1).entries())
    expect(packet.sequenceNumber).toBe((video.packets[index]!.sequenceNumber + 1) & 0xffff);
  expect(new Set(shown.map(({ mouth }) => mouth))).toEqual(new Set(['rest']));
});

test('the eyes blink and the head moves by themselves', async () => {
  const { shown, player } = started();
  await vi.advanceTimersByTimeAsync(15_000);
  player.stop();
  const blinks = shown.filter(({ eyes }, index) => eyes === 'shut' && shown[index - 1]?.eyes !== 'shut');
  expect(blinks.length).toBeGreaterThanOrEqual(2);
  expect(blinks.length).toBeLessThanOrEqual(8);
  expect(new Set(shown.map(({ pose }) => pose)).size).toBe(5);
});

test('a speech starts at the next packet, moves the mouth, and ends when its last packet has been heard', async () => {
  const { player, spoken, shown } = started();
  await vi.advanceTimersByTimeAsync(100);
  const { started: begun, finished } = player.play(clip(600, 'open'));
  await vi.advanceTimersByTimeAsync(25);
  await expect(begun).resolves.toEqual({ startedAt: expect.any(Number) });
  await vi.advanceTimersByTimeAsync(1000);
  await expect(finished).resolves.toBe('ended');
  player.stop();
  expect(spoken().map(({ payload }) => payload[0])).toEqual(Array.from({ length: 30 }, (_, index) => index));
  const open = shown.filter(({ mouth }) => mouth === 'open').length;
  expect(open).toBeGreaterThanOrEqual(17);
  expect(open).toBeLessThanOrEqual(19);
});

test('an interrupted speech is silent from the next packet on, and the mouth rests within a frame', async () => {
  const { player, audio, spoken, shown } = started();
  const { finished } = player.play(clip(2000, 'open'));
  await vi.advanceTimersByTimeAsync(500);
  const heard = spoken().length;
  expect(player.interrupt()).toBe(true);
  await expect(finished).resolves.toBe('interrupted');
  const picturesBefore = shown.length;
  await vi.advanceTimersByTimeAsync(40);
  expect(spoken()).toHaveLength(heard);
  expect(audio.packets.at(-1)!.payload.equals(silentFrame)).toBe(true);
  expect(shown.length).toBeGreaterThan(picturesBefore);
  for (const { mouth } of shown.slice(picturesBefore)) expect(mouth).toBe('rest');
  expect(player.interrupt()).toBe(false);
  player.stop();
});

test('a stalled track sends nothing while the other goes on, and time passes meanwhile', async () => {
  const { player, audio, video } = started();
  await vi.advanceTimersByTimeAsync(1000);
  player.stall('video', true);
  const [sounds, pictures, reports] = [audio.packets.length, video.packets.length, video.reports.length];
  await vi.advanceTimersByTimeAsync(2000);
  expect(video.packets).toHaveLength(pictures);
  expect(video.reports).toHaveLength(reports);
  expect(audio.packets.length - sounds).toBeGreaterThan(95);
  player.stall('both', false);
  await vi.advanceTimersByTimeAsync(100);
  player.stop();
  const [before, after] = [video.packets[pictures - 1]!, video.packets[pictures]!];
  expect(after.sequenceNumber).toBe((before.sequenceNumber + 1) & 0xffff);
  expect((after.timestamp - before.timestamp) >>> 0).toBeGreaterThan(1.9 * 90_000);
});

test('after a long pause of the process the missed packets are left out, and the speech goes on where it was', async () => {
  const { player, audio, spoken } = started();
  const { finished } = player.play(clip(1000, 'open'));
  await vi.advanceTimersByTimeAsync(200);
  const before = audio.packets.length;
  const now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now + 2000);
  await vi.advanceTimersToNextTimerAsync();
  expect(audio.packets.length - before).toBeLessThan(3);
  vi.restoreAllMocks();
  vi.setSystemTime(Date.now() + 2000);
  player.stop();
  await expect(finished).resolves.toBe('interrupted');
  const timestamps = audio.packets.slice(before - 1).map(({ timestamp }) => timestamp);
  expect((timestamps[1]! - timestamps[0]!) >>> 0).toBeGreaterThan(1.9 * 48_000);
  expect(spoken().map(({ payload }) => payload[0])).toEqual(
    Array.from({ length: spoken().length }, (_, index) => index),
  );
});

test('sender reports put audio and video on one clock', async () => {
  const { player, audio, video } = started();
  await vi.advanceTimersByTimeAsync(2500);
  player.stop();
  const offsets = [audio, video].map(({ reports, packets, codec }) => {
    expect(reports.length).toBeGreaterThanOrEqual(3);
    const [report] = parseRtcp(reports.at(-1)!.packet);
    if (report?.type !== 'sr') throw new Error('not a sender report');
    const seconds = report.ntpSeconds + report.ntpFraction / 2 ** 32;
    return seconds - ((report.rtpTimestamp - packets[0]!.timestamp) >>> 0) / codec.clockRate;
  });
  expect(Math.abs(offsets[0]! - offsets[1]!)).toBeLessThan(0.001);
});

test('each audio packet tells its loudness', async () => {
  const { player, audio } = started();
  player.play(clip(100, 'open'));
  await vi.advanceTimersByTimeAsync(300);
  player.stop();
  expect(audio.packets[0]!.extensionLength).toBe(8);
});
