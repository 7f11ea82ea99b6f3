// The avatar of the bench, in a process of its own: 720p at 30 frames and Opus at 50 packets a second, sent as they were encoded once.
import {
  forEachRtcp,
  PSFB_PLI,
  RTCP_PSFB,
  RtpParticipant,
  RtpSender,
} from '../../packages/livekit-rtp/src/index.ts';
import type { PublishedTrack } from '../../packages/livekit-rtp/src/index.ts';
import { answerRequests, runFirst } from './child.ts';
import { audioFrames, videoFrames } from './clip.ts';
import { markedAudio, markedVideo } from './marks.ts';
import type { Ticket } from './rooms.ts';

export type SourceRequest = { tickets: Ticket[] };
export type SourceAnswer = { videoBitrate: number };

const FRAME = 1000 / 30;
const AUDIO_FRAME = 20;
/** A source that could not run for so long leaves out what it missed, instead of sending a burst. */
const LONGEST_CATCH_UP = 100;
/** Between key frames that are made because somebody asks, in ms. */
const KEY_FRAME_INTERVAL = 500;

const h264 = {
  mimeType: 'video/H264',
  payloadType: 102,
  clockRate: 90_000,
  fmtp: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
};
const opus = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 };
const video = videoFrames();
const audio = audioFrames();

type Paced = { due: number; readonly step: number; tick(): void };

class Source {
  static async join({ url, token }: Ticket, startAt: number): Promise<Source> {
    const participant = await RtpParticipant.connect({ url, token, autoSubscribe: false });
    const size = { width: 1280, height: 720, bitrate: 2_000_000 };
    const face = await participant.publishTrack({
      kind: 'video',
      name: 'video',
      source: 'camera',
      stream: 'face',
      codec: h264,
      ...size,
    });
    const voice = await participant.publishTrack({
      kind: 'audio',
      name: 'audio',
      source: 'microphone',
      stream: 'face',
      codec: opus,
    });
    return new Source(participant, face, voice, startAt);
  }

  readonly paced: readonly Paced[];
  readonly #participant: RtpParticipant;
  readonly #senders: { video: RtpSender; audio: RtpSender };
  #position = 0;
  #frames = 0;
  #packets = 0;
  #keyFrameAt = 0;

  private constructor(
    participant: RtpParticipant,
    face: PublishedTrack,
    voice: PublishedTrack,
    startAt: number,
  ) {
    this.#participant = participant;
    this.#senders = { video: new RtpSender(face, 90_000), audio: new RtpSender(voice, 48_000) };
    face.onRtcp = (packet) =>
      forEachRtcp(packet, (type, format, offset) => {
        if (type === RTCP_PSFB && format === PSFB_PLI && packet.readUInt32BE(offset + 8) === face.ssrc)
          this.#onKeyFrameWanted();
      });
    this.paced = [
      { due: startAt, step: FRAME, tick: () => this.#sendPicture() },
      { due: startAt, step: AUDIO_FRAME, tick: () => this.#sendSound() },
    ];
  }

  async leave(): Promise<void> {
    this.#senders.video.close();
    this.#senders.audio.close();
    await this.#participant.close();
  }

  #onKeyFrameWanted(): void {
    const now = performance.now();
    if (now - this.#keyFrameAt > KEY_FRAME_INTERVAL) this.#position = 0;
  }

  #sendPicture(): void {
    if (this.#position === 0) this.#keyFrameAt = performance.now();
    const frame = video[this.#position]!;
    this.#position = (this.#position + 1) % video.length;
    this.#senders.video.sendFrame(
      [...frame.slice(0, -1), markedVideo(frame.at(-1)!, this.#frames)],
      Math.round(this.#frames * FRAME * 90),
    );
    this.#frames++;
  }

  #sendSound(): void {
    const frame = audio[this.#packets % audio.length]!;
    this.#senders.audio.sendFrame([markedAudio(frame, this.#packets)], this.#packets * AUDIO_FRAME * 48, 30);
    this.#packets++;
  }
}

const sources: Source[] = [];
let timer: NodeJS.Timeout | undefined;

function pace(): void {
  const now = performance.now();
  let next = Infinity;
  for (const { paced } of sources) {
    for (const stream of paced) {
      if (now - stream.due > LONGEST_CATCH_UP) stream.due = now;
      for (; stream.due <= now; stream.due += stream.step) stream.tick();
      next = Math.min(next, stream.due);
    }
  }
  timer = setTimeout(pace, Math.max(1, next - performance.now()));
}

runFirst();
answerRequests(
  async (request): Promise<SourceAnswer> => {
    const { tickets } = request as SourceRequest;
    const begin = performance.now() + 500;
    // Sources of their own do not send their frames at the same moment.
    for (const [index, ticket] of tickets.entries())
      sources.push(await Source.join(ticket, begin + (index * FRAME) / tickets.length));
    pace();
    const bytes = video.flat().reduce((sum, payload) => sum + payload.length, 0);
    return { videoBitrate: (bytes * 8 * 30) / video.length };
  },
  () => {
    clearTimeout(timer);
    return Promise.all(sources.map((source) => source.leave()));
  },
);
