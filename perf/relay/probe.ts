// The viewers of the bench, in a process of their own: it subscribes to the source's room and to some of the stages and takes down when each
// packet of the source came where. All times are of one clock.
import { RtpParticipant } from '../../packages/livekit-rtp/src/index.ts';
import type { MediaKind } from '../../packages/livekit-rtp/src/index.ts';
import { Arrivals } from './arrivals.ts';
import { answerRequests, runFirst } from './child.ts';
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
  /** Packets that never came, though asked for, those of the last second aside: on all watched stages, and in the source's room. */
  lost: number;
  /** Packets that came to a watched stage because they were asked for. */
  repaired: number;
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

class Viewer {
  static async join({ url, token }: Ticket): Promise<Viewer> {
    const viewer = new Viewer();
    viewer.#participant = await RtpParticipant.connect({
      url,
      token,
      listeners: { trackSubscribed: (track) => viewer[track.kind].watch(track) },
    });
    return viewer;
  }

  readonly video = new Arrivals('video', ON_THE_WAY.end);
  readonly audio = new Arrivals('audio', ON_THE_WAY.end);
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
    this.video.close();
    this.audio.close();
    await this.#participant?.close();
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
    if (performance.now() > deadline)
      throw new Error(`no video or no audio within ${START_TIMEOUT / 1000} s on ${silent().join(', ')}`);
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
}

function silent(): string[] {
  return everybody().flatMap(({ video, audio }, index) =>
    video.packets > 0 && audio.packets > 0
      ? []
      : [index < 2 ? `the source's room (${index})` : `stage ${index - 2} of the watched`],
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
    repaired: stages.reduce((sum, { video, audio }) => sum + video.repaired + audio.repaired, 0),
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
