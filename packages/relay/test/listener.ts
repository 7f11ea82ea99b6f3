import { buildNack, forEachRtcp, isRtcp, parseRtpHeader, RtpParticipant } from '@avatar-bridge/livekit-rtp';
import type { RtpHeader, SubscribedTrack } from '@avatar-bridge/livekit-rtp';
import { sequenceDelta } from '../src/packets/numbers.ts';
import { startsKeyFrame } from '../src/packets/key-frame.ts';
import { MissingPackets } from '../src/engines/rtp/inbound/missing-packets.ts';
import { PayloadRoles, ROLE_RTX } from '../src/packets/payload-roles.ts';
import { unwrapRtx } from '../src/packets/strip.ts';
import type { Rooms } from './rooms.ts';

export type Heard = RtpHeader & { payload: Buffer; at: number };
export type HeardReport = { ntp: number; timestamp: number };

/** Somebody on the stage who looks at packets instead of pictures. */
export class Listener {
  static async join(
    rooms: Rooms,
    server: 'vendor' | 'stage' = 'stage',
    identity = 'listener',
  ): Promise<Listener> {
    const listener = new Listener();
    listener.participant = await RtpParticipant.connect({
      url: rooms.url(server),
      token: await rooms.token(server, identity),
      listeners: {
        trackSubscribed: (track) => listener.#watch(track),
      },
    });
    return listener;
  }

  participant!: RtpParticipant;
  readonly packets = { video: [] as Heard[], audio: [] as Heard[] };
  /** Of all packets since the first one of media. */
  readonly #numbers = { video: [] as number[], audio: [] as number[] };
  readonly #repairs: NodeJS.Timeout[] = [];
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
    return this.packets.video.filter(({ payload }) =>
      startsKeyFrame('video/h264', payload, 0, payload.length),
    );
  }

  async leave(): Promise<void> {
    for (const timer of this.#repairs) clearInterval(timer);
    await this.participant.close();
  }

  /**
   * Asks for what is missing, as every browser does: the way from the server to the listener is not what is
   * tested.
   */
  #watch(track: SubscribedTrack): void {
    const roles = new PayloadRoles(track.codecs, track.info.mimeType.toLowerCase());
    const missing = new MissingPackets();
    let ssrc = -1;
    let highest = -1;
    track.onPacket = (packet) => {
      if (isRtcp(packet)) return this.#onRtcp(packet);
      const header = parseRtpHeader(packet);
      if (header === undefined) return;
      let media: Buffer | undefined = packet;
      if (roles.of(header.payloadType) === ROLE_RTX) {
        media = unwrapRtx(packet, header, roles.original(header.payloadType));
        if (media === undefined || ssrc < 0) return;
        header.ssrc = ssrc;
      } else if (header.ssrc !== ssrc) {
        ssrc = header.ssrc;
        highest = header.sequenceNumber - 1;
        missing.clear();
      }
      const sequence = highest + sequenceDelta(header.sequenceNumber, highest & 0xffff);
      if (sequence > highest + 1) missing.add(highest + 1, sequence - 1, performance.now());
      else missing.remove(sequence);
      highest = Math.max(highest, sequence);
      this.#onRtp(track.kind, media, header);
    };
    const repair = (): void => {
      const numbers = missing.due(performance.now());
      if (numbers.length > 0) track.sendRtcp(buildNack(1, ssrc, numbers));
    };
    this.#repairs.push(setInterval(repair, 10));
  }

  #onRtp(kind: 'video' | 'audio', packet: Buffer, header: RtpHeader): void {
    // The server probes the way to us with packets of padding.
    const isPadding = packet.length === header.headerLength + header.paddingLength;
    if (!isPadding || this.packets[kind].length > 0) this.#numbers[kind].push(header.sequenceNumber);
    if (isPadding) return;
    this.packets[kind].push({
      ...header,
      payload: packet.subarray(header.headerLength),
      at: performance.now(),
    });
  }

  #onRtcp(packet: Buffer): void {
    forEachRtcp(packet, (type, _format, offset, length) => {
      if (type !== 200 || length < 28) return;
      const ntp =
        packet.readUInt32BE(offset + 8) * 1000 + (packet.readUInt32BE(offset + 12) * 1000) / 2 ** 32;
      const ssrc = packet.readUInt32BE(offset + 4);
      this.reports.set(ssrc, [
        ...(this.reports.get(ssrc) ?? []),
        { ntp, timestamp: packet.readUInt32BE(offset + 16) },
      ]);
    });
  }
}
