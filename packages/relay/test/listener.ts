import { forEachRtcp, isRtcp, parseRtpHeader, RtpParticipant } from '@avatar-bridge/livekit-rtp';
import type { RtpHeader } from '@avatar-bridge/livekit-rtp';
import { sequenceDelta } from '../src/rtp/numbers.ts';
import { startsKeyFrame } from '../src/rtp/key-frame.ts';
import type { Rooms } from './rooms.ts';

export type Heard = RtpHeader & { payload: Buffer; at: number };
export type HeardReport = { ntp: number; timestamp: number };

/** Somebody on the stage who looks at packets instead of pictures. */
export class Listener {
  static async join(rooms: Rooms, server: 'vendor' | 'stage' = 'stage', identity = 'listener'): Promise<Listener> {
    const listener = new Listener();
    listener.participant = await RtpParticipant.connect({
      url: rooms.url(server),
      token: await rooms.token(server, identity),
      listeners: {
        trackSubscribed: (track) => {
          track.onPacket = (packet) => (isRtcp(packet) ? listener.#onRtcp(packet) : listener.#onRtp(track.kind, packet));
        },
      },
    });
    return listener;
  }

  participant!: RtpParticipant;
  readonly packets = { video: [] as Heard[], audio: [] as Heard[] };
  /** Of all packets since the first one of media. */
  readonly #numbers = { video: [] as number[], audio: [] as number[] };
  /** By SSRC. */
  readonly reports = new Map<number, HeardReport[]>();

  /** Numbers after the first packet of media that never came. */
  missing(kind: 'video' | 'audio'): number {
    const numbers = this.#numbers[kind];
    const seen = new Set<number>();
    let highest = numbers[0] ?? 0;
    let newest = highest;
    for (const sequenceNumber of numbers) {
      const number = highest + sequenceDelta(sequenceNumber, highest & 0xffff);
      seen.add(number);
      highest = number;
      newest = Math.max(newest, number);
    }
    return newest - Math.min(...seen) + 1 - seen.size;
  }

  /** When a packet was made on the sender's clock, in ms since 1900: the median of what its reports say. */
  capturedAt(packet: Heard, clockRate: number): number {
    const times = (this.reports.get(packet.ssrc) ?? []).map(
      (report) => report.ntp + (((packet.timestamp - report.timestamp) | 0) * 1000) / clockRate,
    );
    if (times.length === 0) throw new Error('no sender report has come');
    return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
  }

  keyFrames(): Heard[] {
    return this.packets.video.filter(({ payload }) => startsKeyFrame('video/h264', payload, 0, payload.length));
  }

  async leave(): Promise<void> {
    await this.participant.close();
  }

  #onRtp(kind: 'video' | 'audio', packet: Buffer): void {
    const header = parseRtpHeader(packet);
    if (header === undefined) return;
    // The server probes the way to us with packets of padding.
    const isPadding = packet.length === header.headerLength + header.paddingLength;
    if (!isPadding || this.packets[kind].length > 0) this.#numbers[kind].push(header.sequenceNumber);
    if (isPadding) return;
    this.packets[kind].push({ ...header, payload: packet.subarray(header.headerLength), at: performance.now() });
  }

  #onRtcp(packet: Buffer): void {
    forEachRtcp(packet, (type, _format, offset, length) => {
      if (type !== 200 || length < 28) return;
      const ntp = packet.readUInt32BE(offset + 8) * 1000 + (packet.readUInt32BE(offset + 12) * 1000) / 2 ** 32;
      const ssrc = packet.readUInt32BE(offset + 4);
      this.reports.set(ssrc, [...(this.reports.get(ssrc) ?? []), { ntp, timestamp: packet.readUInt32BE(offset + 16) }]);
    });
  }
}
