import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isRtcp, parseRtpHeader } from './header.ts';
import { parseRtcp } from './rtcp-parse.ts';
import { RtpSender } from './rtp-sender.ts';

describe('RtpSender', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());

  function sending(audioLevelId?: number): {
    sender: RtpSender;
    rtp: () => Buffer[];
    reports: () => Buffer[];
  } {
    const sent: Buffer[] = [];
    const track = {
      ssrc: 42,
      codec: { payloadType: 111 },
      audioLevelId,
      send: (packet: Buffer) => sent.push(packet) > 0,
    };
    const sender = new RtpSender(track, 48_000);
    return {
      sender,
      rtp: () => sent.filter((packet) => !isRtcp(packet)),
      reports: () => sent.filter(isRtcp),
    };
  }

  test('numbers packets one after another and marks the last one of a frame', () => {
    const { sender, rtp } = sending();
    sender.sendFrame([Buffer.from('a'), Buffer.from('b')], 0xffff_ffff);
    sender.sendFrame([Buffer.from('c')], 959);
    sender.close();
    const headers = rtp().map((packet) => parseRtpHeader(packet)!);
    const first = headers[0]!.sequenceNumber;
    expect(headers.map(({ sequenceNumber }) => (sequenceNumber - first) & 0xffff)).toEqual([0, 1, 2]);
    expect(headers.map(({ marker }) => marker)).toEqual([false, true, true]);
    expect(headers.map(({ timestamp }) => timestamp)).toEqual([0xffff_ffff, 0xffff_ffff, 959]);
    expect(headers.every(({ ssrc, payloadType }) => ssrc === 42 && payloadType === 111)).toBe(true);
  });

  test('reports each second what time it is on the RTP clock, and how much was sent', () => {
    const { sender, reports } = sending();
    sender.sendFrame([Buffer.from('abc')], 1_000);
    vi.advanceTimersByTime(2_000);
    sender.close();
    vi.advanceTimersByTime(5_000);
    const parsed = reports().flatMap((packet) => parseRtcp(packet));
    expect(parsed).toMatchObject([
      { type: 'sr', ssrc: 42, rtpTimestamp: 1_000, packetCount: 1, octetCount: 3 },
      { type: 'sr', ssrc: 42, rtpTimestamp: 49_000, packetCount: 1, octetCount: 3 },
      { type: 'sr', ssrc: 42, rtpTimestamp: 97_000, packetCount: 1, octetCount: 3 },
    ]);
  });

  test('reports nothing before the first frame', () => {
    const { sender, reports } = sending();
    vi.advanceTimersByTime(3_000);
    sender.close();
    expect(reports()).toEqual([]);
  });

  test('carries the loudness when the track has an extension for it', () => {
    const { sender, rtp } = sending(1);
    sender.sendFrame([Buffer.from('a')], 0, 30);
    sender.sendFrame([Buffer.from('a')], 960);
    sender.close();
    expect(rtp().map((packet) => parseRtpHeader(packet)!.extensionLength)).toEqual([8, 0]);
  });
});
