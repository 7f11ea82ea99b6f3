import { audioFrameMs, silentFrame, silentLevel } from '@avatar-bridge/speech';
import type { Picture } from './face-pictures.ts';
import type { FaceState, Mouth } from './face.ts';
import { IdleLife } from './idle-life.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { Paced, Pacer } from './pacer.ts';
import { frameRate } from './picture-size.ts';
import type { Sound } from './sound.ts';

/**
 * A process that was busy for longer than this (ms) leaves out what it missed instead of sending it in a
 * burst. Pictures are large.
 */
const longestCatchUp = { sound: 200, picture: 70 };

export type SpeechEnd = 'ended' | 'interrupted';

/** What is being played. `startedAt` is epoch ms of the first packet. */
export type Playing = { started: Promise<{ startedAt: number }>; finished: Promise<SpeechEnd> };

type Current = {
  sound: Sound;
  /** When the first packet was due (performance.now); undefined before. */
  startDue: number | undefined;
  started: PromiseWithResolvers<{ startedAt: number }>;
  finished: PromiseWithResolvers<SpeechEnd>;
};

export type AvatarPlayerOptions = {
  pacer: Pacer;
  /** performance.now when the first packets are due. */
  zero: number;
  audio: OutgoingStream;
  video: OutgoingStream;
  picture: (state: FaceState) => Picture;
};

/** Sends the face and voice of one avatar, packet by packet, for as long as it is started. */
export class AvatarPlayer {
  readonly #options: AvatarPlayerOptions;
  readonly #life: IdleLife;
  readonly #sound: Paced;
  readonly #sight: Paced;
  readonly #stalled = { audio: false, video: false };
  readonly #firstPackets = Promise.withResolvers<void>();
  /** Pictures that were due so far, sent or left out. */
  #framesDue = 0;
  #picturesSent = 0;
  #current: Current | undefined;

  constructor(options: AvatarPlayerOptions) {
    this.#options = options;
    this.#life = new IdleLife(options.zero);
    this.#sound = { due: options.zero, tick: () => this.#sendSound() };
    this.#sight = { due: options.zero, tick: () => this.#sendPicture() };
  }

  /** Resolves when packets of both tracks have been sent. */
  get firstPackets(): Promise<void> {
    return this.#firstPackets.promise;
  }

  start(): void {
    this.#options.pacer.add(this.#sound);
    this.#options.pacer.add(this.#sight);
  }

  stop(): void {
    this.#options.pacer.remove(this.#sound);
    this.#options.pacer.remove(this.#sight);
    this.interrupt();
  }

  /** Begins at the next audio packet; what was playing is interrupted. */
  play(sound: Sound): Playing {
    this.interrupt();
    const started = Promise.withResolvers<{ startedAt: number }>();
    const finished = Promise.withResolvers<SpeechEnd>();
    this.#current = { sound, startDue: undefined, started, finished };
    return { started: started.promise, finished: finished.promise };
  }

  /** Silence and a resting mouth from the next packets on. False when nothing was playing. */
  interrupt(): boolean {
    return this.#end('interrupted');
  }

  /** While on, packets of that kind are made but not sent. */
  stall(kind: 'audio' | 'video' | 'both', on: boolean): void {
    if (kind !== 'video') this.#stalled.audio = on;
    if (kind !== 'audio') this.#stalled.video = on;
  }

  #sendSound(): void {
    const missed = missedSteps(this.#sound.due, audioFrameMs, longestCatchUp.sound) * audioFrameMs;
    const due = this.#sound.due + missed;
    this.#sound.due = due + audioFrameMs;
    if (this.#current?.startDue !== undefined) this.#current.startDue += missed;
    if (this.#current?.sound.over) this.#end('ended');
    const { payload, level } = this.#nextSound(due);
    if (!this.#stalled.audio) this.#options.audio.sendAudio(payload, level, due);
    this.#noteFirstPackets();
  }

  #nextSound(due: number): { payload: Uint8Array; level: number } {
    const current = this.#current;
    const packet = current?.sound.next();
    if (!current || !packet) return { payload: silentFrame, level: silentLevel };
    if (current.startDue === undefined) {
      current.startDue = due;
      current.started.resolve({ startedAt: Date.now() });
    }
    return packet;
  }

  #sendPicture(): void {
    this.#framesDue += missedSteps(this.#sight.due, 1000 / frameRate, longestCatchUp.picture);
    const due = this.#options.zero + (this.#framesDue++ * 1000) / frameRate;
    this.#sight.due = this.#options.zero + (this.#framesDue * 1000) / frameRate;
    const picture = this.#options.picture({ ...this.#life.at(due), mouth: this.#mouthAt(due) });
    picture.number(this.#picturesSent++);
    if (!this.#stalled.video) this.#options.video.sendPrepared(picture.packets, due);
    this.#noteFirstPackets();
  }

  #mouthAt(due: number): Mouth {
    const { sound, startDue } = this.#current ?? {};
    return sound && startDue !== undefined ? sound.mouthAt(due - startDue) : 'rest';
  }

  #end(how: SpeechEnd): boolean {
    const current = this.#current;
    if (!current) return false;
    this.#current = undefined;
    current.sound.close();
    current.started.resolve({ startedAt: Date.now() });
    current.finished.resolve(how);
    return true;
  }

  #noteFirstPackets(): void {
    if (this.#options.audio.packets > 0 && this.#options.video.packets > 0) this.#firstPackets.resolve();
  }
}

/** How many steps to leave out when what is due is older than `longest`. */
function missedSteps(due: number, step: number, longest: number): number {
  const behind = performance.now() - due;
  return behind > longest ? Math.floor(behind / step) : 0;
}
