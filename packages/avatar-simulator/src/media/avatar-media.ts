import { RtpParticipant } from '@avatar-bridge/livekit-rtp';
import type { Codec, Logger } from '@avatar-bridge/livekit-rtp';
import { voiceFor, type Word } from '@avatar-bridge/speech';
import type { VoiceUnderWay } from '../avatar/avatar-media.ts';
import { AvatarPlayer } from './avatar-player.ts';
import type { SpeechEnd } from './avatar-player.ts';
import { ClipSound } from './clip-sound.ts';
import { facePictures } from './face-pictures.ts';
import type { VideoEncoding } from './face-pictures.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { Pacer } from './pacer.ts';
import { pictureSizes } from './picture-size.ts';
import type { Quality } from './picture-size.ts';
import { SpeechMaker } from './speech.ts';
import { VoiceSound } from './voice-sound.ts';

export type AvatarMediaOptions = {
  /** `ws://` address of the vendor's LiveKit server, and a token to join with. */
  url: string;
  token: string;
  videoEncoding: VideoEncoding;
  quality: Quality;
  voiceId?: string;
  /** 0.5 to 1.5; 1 is the voice's normal speed. */
  rate?: number;
  /** BCP 47; default English. */
  language?: string;
  logger?: Logger;
  /** Aborts the joining. */
  signal?: AbortSignal;
};

/** A speech that has begun. `startedAt` is epoch ms, `segments` are its words with ms after the start. */
export type SpeechPlan = {
  durationMs: number;
  startedAt: number;
  finished: Promise<SpeechEnd>;
  segments: Word[];
};

const codecs: Record<VideoEncoding, Codec> = {
  H264: {
    mimeType: 'video/H264',
    payloadType: 108,
    clockRate: 90_000,
    fmtp: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  },
  VP8: { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 },
};
const opus: Codec = {
  mimeType: 'audio/opus',
  payloadType: 111,
  clockRate: 48_000,
  channels: 2,
  fmtp: 'minptime=10;useinbandfec=1',
};

const pacer = new Pacer();
const speeches = new SpeechMaker();

/**
 * One talking face in one vendor room. It shows a resting face and silence until it speaks, and until it is
 * closed.
 */
export class AvatarMedia {
  readonly participant: RtpParticipant;
  readonly #player: AvatarPlayer;
  readonly #options: AvatarMediaOptions;
  readonly #ready = Promise.withResolvers<void>();
  #speaking: AbortController | undefined;
  #closing: Promise<void> | undefined;

  constructor(participant: RtpParticipant, player: AvatarPlayer, options: AvatarMediaOptions) {
    this.participant = participant;
    this.#player = player;
    this.#options = options;
    this.#ready.promise.catch(() => undefined);
    void player.firstPackets.then(this.#ready.resolve);
    participant.once('disconnected', ({ reason }) => this.#stop(reason));
    player.start();
  }

  /**
   * Resolves when packets of both tracks have been sent; rejects when the avatar is closed or loses its room
   * before.
   */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /**
   * Resolves when the first sound goes out. One speech at a time: throws while another is being prepared or
   * played. Rejects when it is aborted or interrupted before it starts; a speech that is aborted later ends
   * as interrupted.
   */
  async speak(text: string, { signal }: { signal?: AbortSignal } = {}): Promise<SpeechPlan> {
    signal?.throwIfAborted();
    if (this.#closing) throw new Error('the avatar is closed');
    if (this.#speaking) throw new Error('the avatar is speaking already');
    const { voiceId, language, rate } = this.#options;
    const stop = new AbortController();
    this.#speaking = stop;
    const onAbort = () => this.#silence(stop, signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const over = () => {
      signal?.removeEventListener('abort', onAbort);
      if (this.#speaking === stop) this.#speaking = undefined;
    };
    try {
      const clip = await unlessAborted(speeches.make(text, voiceFor(voiceId, language), rate), stop.signal);
      const { started, finished } = this.#player.play(new ClipSound(clip));
      void finished.then(over);
      const { startedAt } = await started;
      return { durationMs: clip.durationMs, startedAt, finished, segments: clip.words };
    } catch (error) {
      over();
      throw error;
    }
  }

  /**
   * A speech whose sound comes bit by bit, until it is ended or interrupted. `onDry` tells when it ran out of
   * sound before its end, and when there is sound again. One speech at a time, as with `speak`.
   */
  speakVoice(onDry: (dry: boolean) => void): VoiceUnderWay {
    if (this.#closing) throw new Error('the avatar is closed');
    if (this.#speaking) throw new Error('the avatar is speaking already');
    const speaking = (this.#speaking = new AbortController());
    const sound = new VoiceSound(onDry);
    const { started, finished } = this.#player.play(sound);
    const over = () => {
      if (this.#speaking === speaking) this.#speaking = undefined;
    };
    void finished.then(over);
    return {
      started,
      finished,
      append: (pcm) => sound.append(pcm),
      end: () => sound.end(),
      playedMs: () => sound.playedMs,
    };
  }

  /** Stops a speech at once: the next packets are silence and a resting mouth. False when idle. */
  interrupt(): boolean {
    return (
      this.#speaking !== undefined &&
      this.#silence(this.#speaking, new Error('the speech was interrupted before it started'))
    );
  }

  /** A fault: while on, no packets of that kind are sent, and nobody is told. */
  stall(kind: 'audio' | 'video' | 'both', on: boolean): void {
    this.#player.stall(kind, on);
  }

  close(reason = 'closed'): Promise<void> {
    this.#stop(reason);
    return (this.#closing ??= this.participant.close(reason));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #silence(speaking: AbortController, reason: unknown): boolean {
    if (this.#speaking !== speaking) return false;
    this.#speaking = undefined;
    speaking.abort(reason);
    this.#player.interrupt();
    return true;
  }

  #stop(reason: string): void {
    this.interrupt();
    this.#player.stop();
    this.#ready.reject(new Error(`the avatar left its room: ${reason}`));
  }
}

/** Joins the room and publishes both tracks. */
export async function startAvatarMedia(options: AvatarMediaOptions): Promise<AvatarMedia> {
  const { url, token, videoEncoding, quality, logger, signal } = options;
  warmUp(options);
  const [picture, participant] = await Promise.all([
    facePictures(videoEncoding, quality),
    RtpParticipant.connect({ url, token, autoSubscribe: false, reconnect: false, logger, signal }),
  ]);
  try {
    const { width, height, bitrate } = pictureSizes[quality];
    const [audioTrack, videoTrack] = await Promise.all([
      participant.publishTrack({
        kind: 'audio',
        name: 'audio',
        source: 'microphone',
        stream: 'avatar',
        codec: opus,
        stereo: false,
        signal,
      }),
      participant.publishTrack({
        kind: 'video',
        name: 'video',
        source: 'camera',
        stream: 'avatar',
        codec: codecs[videoEncoding],
        width,
        height,
        bitrate,
        signal,
      }),
    ]);
    const clock = { zero: performance.now() };
    const player = new AvatarPlayer({
      pacer,
      zero: clock.zero,
      audio: new OutgoingStream(audioTrack, clock),
      video: new OutgoingStream(videoTrack, clock),
      picture,
    });
    return new AvatarMedia(participant, player, options);
  } catch (error) {
    await participant.close('publishing failed');
    throw error;
  }
}

/** Starts the speech thread and its synthesizer, so that the first text does not wait for them. */
function warmUp({ voiceId, language, rate }: AvatarMediaOptions): void {
  speeches.make('.', voiceFor(voiceId, language), rate).catch(() => undefined);
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    promise.then(resolve, reject);
  });
}
