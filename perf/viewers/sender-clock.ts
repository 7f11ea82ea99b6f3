import {
  forEachRtcp,
  isRtcp,
  parseRtpHeader,
  RTCP_SR,
  RtpParticipant,
} from '../../packages/livekit-rtp/src/index.ts';
import type { MediaKind } from '../../packages/livekit-rtp/src/index.ts';
import type { Ticket } from '../relay/rooms.ts';

const CLOCK_RATE = { video: 90_000, audio: 48_000 };
/** More than half a minute. */
const TIMESTAMPS = 2_048;
const REPORTS = 15;

type Track = {
  ssrc: number;
  timestamps: Int32Array;
  frames: number;
  reports: { ntp: number; timestamp: number }[];
};

/** A subscriber of a stage that looks at times only: which moment of the sender's clock an RTP timestamp stands for. */
export class SenderClock implements AsyncDisposable {
  static async join({ url, token }: Ticket): Promise<SenderClock> {
    const clock = new SenderClock();
    clock.#participant = await RtpParticipant.connect({
      url,
      token,
      listeners: {
        trackSubscribed: (track) => {
          track.onPacket = (packet) => clock.#receive(clock.#tracks[track.kind], packet);
        },
      },
    });
    return clock;
  }

  readonly #tracks: Record<MediaKind, Track> = { video: emptyTrack(), audio: emptyTrack() };
  #participant: RtpParticipant | undefined;

  /** ms since 1900. NaN: no report has come, or no packet lately had this timestamp, so that the server gave this viewer other ones. */
  capturedAt(kind: MediaKind, timestamp: number): number {
    const { timestamps, reports } = this.#tracks[kind];
    if (!timestamps.includes(timestamp | 0)) return Number.NaN;
    const times = reports.map(
      (report) => report.ntp + (((timestamp - report.timestamp) | 0) * 1000) / CLOCK_RATE[kind],
    );
    return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#participant?.close();
  }

  #receive(track: Track, packet: Buffer): void {
    if (!isRtcp(packet)) {
      const header = parseRtpHeader(packet);
      if (header === undefined) return;
      track.ssrc = header.ssrc;
      // Once for all packets of a frame.
      const last = (track.frames - 1) % TIMESTAMPS;
      if (track.timestamps[last] !== (header.timestamp | 0))
        track.timestamps[track.frames++ % TIMESTAMPS] = header.timestamp;
      return;
    }
    forEachRtcp(packet, (type, _format, offset, length) => {
      if (type !== RTCP_SR || length < 28 || packet.readUInt32BE(offset + 4) !== track.ssrc) return;
      const ntp =
        packet.readUInt32BE(offset + 8) * 1000 + (packet.readUInt32BE(offset + 12) * 1000) / 2 ** 32;
      track.reports.push({ ntp, timestamp: packet.readUInt32BE(offset + 16) });
      if (track.reports.length > REPORTS) track.reports.shift();
    });
  }
}

function emptyTrack(): Track {
  return { ssrc: -1, timestamps: new Int32Array(TIMESTAMPS), frames: 0, reports: [] };
}
