import { buildNack, createRtpHeader, isRtcp, parseRtpHeader } from '../../packages/livekit-rtp/src/index.ts';
import type { MediaKind, RtpHeader, SubscribedTrack } from '../../packages/livekit-rtp/src/index.ts';
import { MissingPackets } from '../../packages/relay/src/engines/rtp/inbound/missing-packets.ts';
import { PayloadRoles, ROLE_RTX } from '../../packages/relay/src/packets/payload-roles.ts';
import { unwrapRtx } from '../../packages/relay/src/packets/strip.ts';
import { readAudioMark, readVideoMark } from './marks.ts';

const OUR_SSRC = 1;
/** ms between two looks at what is missing. */
const REPAIR_INTERVAL = 10;

/** One RTP stream as it arrives at a viewer, who asks for missing packets as every browser does: the way from the server to it is no part of the relay. */
export class Arrivals {
  /** When the packet with a mark came. */
  readonly byMark = new Map<number, number>();
  packets = 0;
  /** Packets that came because they were asked for. */
  repaired = 0;
  /** ms that a packet may still be on the way. */
  readonly #patience: number;
  #highest = -1;
  /** Up to here all is counted. */
  #settled = -1;
  /** When each packet after it came, by extended sequence number. */
  readonly #seen = new Map<number, number>();
  readonly #missing = new MissingPackets();
  readonly #header = createRtpHeader();
  /** Whether only packets with the marker bit have one. */
  readonly #marker: boolean;
  readonly #readMark: (packet: Buffer, at: number) => number;
  #repairing: NodeJS.Timeout | undefined;

  constructor(kind: MediaKind, patience: number) {
    this.#patience = patience;
    this.#marker = kind === 'video';
    this.#readMark = kind === 'video' ? readVideoMark : readAudioMark;
  }

  watch(track: SubscribedTrack): void {
    const roles = new PayloadRoles(track.codecs, track.info.mimeType.toLowerCase());
    let ssrc = -1;
    track.onPacket = (packet) => {
      if (isRtcp(packet)) return;
      const header = parseRtpHeader(packet, this.#header);
      if (header === undefined) return;
      if (roles.of(header.payloadType) === ROLE_RTX) {
        const original = unwrapRtx(packet, header, roles.original(header.payloadType));
        if (original !== undefined) this.#receive(original, header);
      } else {
        ssrc = header.ssrc;
        this.#receive(packet, header);
      }
    };
    clearInterval(this.#repairing);
    this.#repairing = setInterval(() => {
      const numbers = this.#missing.size > 0 ? this.#missing.due(performance.now()) : [];
      if (numbers.length > 0) track.sendRtcp(buildNack(OUR_SSRC, ssrc, numbers));
    }, REPAIR_INTERVAL);
  }

  /** Sequence numbers left out since the last call. What may still be on the way is counted by the next one. */
  settle(): number {
    const before = performance.now() - this.#patience;
    let last = this.#settled;
    for (const [number, at] of this.#seen) if (at < before && number > last) last = number;
    let there = 0;
    for (const number of this.#seen.keys()) {
      if (number > last) continue;
      this.#seen.delete(number);
      there++;
    }
    const missing = last - this.#settled - there;
    this.#settled = last;
    return missing;
  }

  /** Forgets marks and packets, but not what is missing. */
  clear(): void {
    this.byMark.clear();
    this.packets = this.repaired = 0;
  }

  close(): void {
    clearInterval(this.#repairing);
  }

  #receive(packet: Buffer, header: RtpHeader): void {
    const now = performance.now();
    this.packets++;
    this.#count(header.sequenceNumber, now);
    const mark = !this.#marker || header.marker ? this.#readMark(packet, header.headerLength) : -1;
    if (mark >= 0 && !this.byMark.has(mark)) this.byMark.set(mark, now);
  }

  #count(sequenceNumber: number, now: number): void {
    if (this.#highest < 0) this.#highest = this.#settled = sequenceNumber;
    const extended = this.#highest + (((sequenceNumber - this.#highest) << 16) >> 16);
    if (extended > this.#settled && !this.#seen.has(extended)) this.#seen.set(extended, now);
    if (extended > this.#highest + 1) this.#missing.add(this.#highest + 1, extended - 1, now);
    else if (this.#missing.size > 0 && this.#missing.remove(extended) > 0) this.repaired++;
    this.#highest = Math.max(this.#highest, extended);
  }
}
