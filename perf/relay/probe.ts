// The viewers of the bench, in a process of their own: it subscribes to the source's room and to some of the stages and takes down when each
// packet of the source came where. All times are of one clock.
import { createRtpHeader, isRtcp, parseRtpHeader, RtpParticipant } from '../../packages/livekit-rtp/src/index.ts';
import type { MediaKind, SubscribedTrack } from '../../packages/livekit-rtp/src/index.ts';
import { answerRequests, runFirst } from './child.ts';
import { readAudioMark, readVideoMark } from './marks.ts';
import { quantiles } from './quantiles.ts';
import type { Quantiles } from './quantiles.ts';
import type { Ticket } from './rooms.ts';

export type ProbeRequest =
  /** Joins. `direct`: the source's room, twice; the second one is the control. Answered when every track brings packets. */
  | { type: 'watch'; direct: [Ticket, Ticket]; stages: Ticket[] }
  /** Counts from here. */
  | { type: 'begin' }
  /** Answered with what was seen since `begin`, which this does again. */
  | { type: 'cut' };

export type Seen = {
  /** Packets on all watched stages. */
  packets: number;
  /** Packets whose sequence number was left out, those of the last second aside: on all watched stages, and in the source's room. */
  lost: number;
  lostAtSource: number;
  /** Marks of the source that came to the direct subscriber and not to a stage, leaving out those on the way at the end. */
  unmatched: number;
  /** Marks of the source that came to a stage. */
  marks: number;
  /** Arrival on a stage minus arrival at the direct subscriber, of a frame's last packet and of audio packets. */
  frame: Quantiles;
  audio: Quantiles;
  /** The same between the two direct subscribers: what this probe and this machine add. */
  control: Quantiles;
};

/** Marks that are on the way at the end are not missing; nor are those that a stage had before the count began, and the source's room after. */
const ON_THE_WAY = { end: 1_000, begin: 100 };
const START_TIMEOUT = 20_000;

/** One RTP stream as it arrives. */
class Arrivals {
  readonly byMark = new Map<number, number>();
  packets = 0;
  #highest = -1;
  /** Up to here all is counted. */
  #settled = -1;
  /** When each packet after it came, by extended sequence number. */
  readonly #seen = new Map<number, number>();
  readonly #header = createRtpHeader();
  /** Whether only packets with the marker bit have one. */
  readonly #marker: boolean;
  readonly #readMark: (packet: Buffer, at: number) => number;

  constructor(kind: MediaKind) {
    this.#marker = kind === 'video';
    this.#readMark = kind === 'video' ? readVideoMark : readAudioMark;
  }

  /** Sequence numbers left out since the last call. What may still be on the way is counted by the next one. */
  settle(): number {
    const before = performance.now() - ON_THE_WAY.end;
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

  receive(packet: Buffer): void {
    const now = performance.now();
    if (isRtcp(packet)) return;
    const header = parseRtpHeader(packet, this.#header);
    if (header === undefined) return;
    this.packets++;
    this.#count(header.sequenceNumber, now);
    const mark = !this.#marker || header.marker ? this.#readMark(packet, header.headerLength) : -1;
    if (mark >= 0 && !this.byMark.has(mark)) this.byMark.set(mark, now);
  }

  clear(): void {
    this.byMark.clear();
    this.packets = 0;
  }

  #count(sequenceNumber: number, now: number): void {
    if (this.#highest < 0) this.#highest = this.#settled = sequenceNumber;
    const extended = this.#highest + (((sequenceNumber - this.#highest) << 16) >> 16);
    if (extended > this.#settled && !this.#seen.has(extended)) this.#seen.set(extended, now);
    this.#highest = Math.max(this.#highest, extended);
  }
}

class Viewer {
  static async join({ url, token }: Ticket): Promise<Viewer> {
    const viewer = new Viewer();
    viewer.#participant = await RtpParticipant.connect({
      url,
      token,
      listeners: { trackSubscribed: (track) => viewer.#watch(track) },
    });
    return viewer;
  }

  readonly video = new Arrivals('video');
  readonly audio = new Arrivals('audio');
  #participant: RtpParticipant | undefined;

  get packets(): number {
    return this.video.packets + this.audio.packets;
  }

  settle(): number {
    return this.video.settle() + this.audio.settle();
  }

  clear(): void {
    this.video.clear();
    this.audio.clear();
  }

  async leave(): Promise<void> {
    await this.#participant?.close();
  }

  #watch(track: SubscribedTrack): void {
    const arrivals = this[track.kind];
    track.onPacket = (packet) => arrivals.receive(packet);
  }
}

let direct: Viewer;
let control: Viewer;
let stages: Viewer[] = [];
let begunAt = 0;

function everybody(): Viewer[] {
  return [direct, control, ...stages];
}

async function watch(request: Extract<ProbeRequest, { type: 'watch' }>): Promise<void> {
  [direct, control] = [await Viewer.join(request.direct[0]), await Viewer.join(request.direct[1])];
  stages = [];
  for (const ticket of request.stages) stages.push(await Viewer.join(ticket));
  const deadline = performance.now() + START_TIMEOUT;
  while (everybody().some(({ video, audio }) => video.packets === 0 || audio.packets === 0)) {
    if (performance.now() > deadline) throw new Error(`no video or no audio within ${START_TIMEOUT / 1000} s on ${silent().join(', ')}`);
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
}

function silent(): string[] {
  return everybody().flatMap(({ video, audio }, index) =>
    video.packets > 0 && audio.packets > 0 ? [] : [index < 2 ? `the source's room (${index})` : `stage ${index - 2} of the watched`],
  );
}

function begin(): void {
  begunAt = performance.now();
  for (const viewer of everybody()) viewer.clear();
}

function cut(): Seen {
  control.settle();
  const [after, before] = [begunAt + ON_THE_WAY.begin, performance.now() - ON_THE_WAY.end];
  let unmatched = 0;
  const delays = (kind: MediaKind, viewers: readonly Viewer[], count: boolean): number[] => {
    const values: number[] = [];
    for (const viewer of viewers) {
      for (const [mark, at] of direct[kind].byMark) {
        const there = viewer[kind].byMark.get(mark);
        if (there !== undefined) values.push(there - at);
        else if (count && at > after && at < before) unmatched++;
      }
    }
    return values;
  };
  const seen: Seen = {
    packets: stages.reduce((sum, { packets }) => sum + packets, 0),
    lost: stages.reduce((sum, viewer) => sum + viewer.settle(), 0),
    lostAtSource: direct.settle(),
    frame: quantiles(delays('video', stages, true)),
    audio: quantiles(delays('audio', stages, true)),
    control: quantiles(delays('video', [control], false)),
    marks: stages.reduce((sum, { video, audio }) => sum + video.byMark.size + audio.byMark.size, 0),
    unmatched,
  };
  begin();
  return seen;
}

runFirst();
answerRequests(
  async (message): Promise<Seen | null> => {
    const request = message as ProbeRequest;
    if (request.type === 'watch') await watch(request);
    if (request.type === 'cut') return cut();
    for (const viewer of everybody()) viewer.settle();
    begin();
    return null;
  },
  () => Promise.all(everybody().map((viewer) => viewer?.leave())),
);
