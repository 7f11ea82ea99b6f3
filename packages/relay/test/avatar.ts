import { forEachRtcp, RtpParticipant, RtpSender } from '@avatar-bridge/livekit-rtp';
import type { PublishedTrack, ReceivedData } from '@avatar-bridge/livekit-rtp';
import { h264Frames, opusFrames, vp8Frames } from './clip.ts';
import { AVATAR } from './rooms.ts';
import type { Rooms } from './rooms.ts';

const CODECS = {
  h264: {
    mimeType: 'video/H264',
    payloadType: 102,
    clockRate: 90_000,
    fmtp: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  },
  vp8: { mimeType: 'video/VP8', payloadType: 98, clockRate: 90_000 },
};
/** An H264 unit of filler data, which decoders skip. */
const FILLER = Buffer.alloc(1100, 0xff).fill(12, 0, 1);
const OPUS = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 };

/** Publishes the clip in the vendor's room, over and over, as the vendor's avatar would. */
export class Avatar {
  static async join(rooms: Rooms, codec: 'h264' | 'vp8' = 'h264'): Promise<Avatar> {
    return Avatar.publish(rooms.url('vendor'), await rooms.token('vendor', AVATAR), codec);
  }

  static async publish(url: string, token: string, codec: 'h264' | 'vp8' = 'h264'): Promise<Avatar> {
    const received: ReceivedData[] = [];
    const participant = await RtpParticipant.connect({
      url,
      token,
      autoSubscribe: false,
      listeners: { data: (data) => void received.push(data) },
    });
    const common = { stream: 'face', width: 1280, height: 720, bitrate: 2_000_000 };
    const video = await participant.publishTrack({
      kind: 'video',
      name: 'video',
      source: 'camera',
      codec: CODECS[codec],
      ...common,
    });
    const audio = await participant.publishTrack({
      kind: 'audio',
      name: 'audio',
      source: 'microphone',
      codec: OPUS,
      stream: 'face',
    });
    return new Avatar(participant, video, audio, codec === 'h264' ? h264Frames() : vp8Frames(), received);
  }

  readonly participant: RtpParticipant;
  readonly video: PublishedTrack;
  readonly audio: PublishedTrack;
  readonly received: ReceivedData[];
  /** Whether a key frame comes only when it is asked for, instead of every second. */
  keyFramesOnDemand = false;
  keyFrameRequests = 0;
  /** How many packets of filler each H264 frame has: the clip alone is 0.2 Mbit/s, with 7 of them it is 2. */
  filler = 0;
  paused = false;
  /** Only the sound is paused. */
  voiceless = false;
  /** When the newest packet of each kind was sent; monotonic ms. */
  readonly lastSentAt = { video: 0, audio: 0 };
  readonly #senders: RtpSender[];
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  readonly #frames: Buffer[][];
  readonly #opus = opusFrames();
  #position = 0;
  #videoSent = 0;
  #audioSent = 0;

  private constructor(
    participant: RtpParticipant,
    video: PublishedTrack,
    audio: PublishedTrack,
    frames: Buffer[][],
    received: ReceivedData[],
  ) {
    this.participant = participant;
    this.video = video;
    this.audio = audio;
    this.received = received;
    this.#frames = frames;
    this.#senders = [new RtpSender(video, 90_000), new RtpSender(audio, 48_000)];
    video.onRtcp = (packet) =>
      forEachRtcp(packet, (type, format, offset) => {
        if (type !== 206 || format !== 1 || packet.readUInt32BE(offset + 8) !== video.ssrc) return;
        this.keyFrameRequests++;
        if (this.keyFramesOnDemand) this.#position = 0;
      });
    this.#timer = setInterval(() => this.#send(performance.now() - this.#startedAt), 10);
  }

  /** Ends as a crashed publisher does: silence, and nobody is told. */
  freeze(): void {
    clearInterval(this.#timer);
    for (const sender of this.#senders) sender.close();
  }

  async leave(): Promise<void> {
    this.freeze();
    await this.participant.close();
  }

  #send(elapsed: number): void {
    const [video, audio] = this.#senders;
    for (; this.#videoSent * (1000 / 30) < elapsed; this.#videoSent++) {
      if (this.#position >= this.#frames.length) this.#position = this.keyFramesOnDemand ? 1 : 0;
      const frame = this.#frames[this.#position++]!;
      const filler = Array.from({ length: this.filler }, () => FILLER);
      if (this.paused) continue;
      video!.sendFrame([...frame, ...filler], 1_000_000 + this.#videoSent * 3000);
      this.lastSentAt.video = performance.now();
    }
    for (; this.#audioSent * 20 < elapsed; this.#audioSent++) {
      if (this.paused || this.voiceless) continue;
      audio!.sendFrame([this.#opus[this.#audioSent % this.#opus.length]!], 7_000_000 + this.#audioSent * 960);
      this.lastSentAt.audio = performance.now();
    }
  }
}
