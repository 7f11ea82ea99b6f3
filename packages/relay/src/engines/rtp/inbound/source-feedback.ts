import { buildNack, buildPli, buildReceiverReport, buildRemb } from '@avatar-bridge/livekit-rtp';
import type { MediaKind } from '@avatar-bridge/livekit-rtp';
import { randomInt } from 'node:crypto';
import { KeyFrameRequests } from './key-frame-requests.ts';
import { MissingPackets } from './missing-packets.ts';
import type { Reception } from '../../../packets/reception.ts';

/** What the server is told that it may send, in bit/s: no limit of ours. */
const BANDWIDTH = 50_000_000;
/** Within so many ms the first packet brings the SSRC, without which nothing can be asked for. */
const SSRC_WAIT = 50;

export type SourceFeedbackOptions = {
  kind: MediaKind;
  sendRtcp(packet: Buffer): void;
  /** Asks for a call of `onTimer` after so many ms. */
  schedule(delay: number): void;
};

/**
 * What the server of one inbound track is told: which packets are missing, that a key frame is wanted, and
 * how its packets arrive. Times in ms.
 */
export class SourceFeedback {
  /** The track's SSRC; -1 while it is not known. */
  mediaSsrc = -1;
  /** Packets and key frames that were asked for. */
  nacks = 0;
  plis = 0;
  readonly #options: SourceFeedbackOptions;
  readonly #ownSsrc = randomInt(1, 0x7fffffff);
  readonly #missing = new MissingPackets();
  readonly #keyFrameRequests = new KeyFrameRequests();
  #timerAt = Infinity;

  constructor(options: SourceFeedbackOptions) {
    this.#options = options;
  }

  /**
   * The packets `from..to` were jumped over. When they are too many to ask for, a key frame is asked for
   * instead.
   */
  missed(from: number, to: number, now: number): void {
    if (!this.#missing.add(from, to, now)) this.requestKeyFrame(now);
    this.#wakeAt(this.#missing.dueAt, now);
  }

  /** A packet has come late; whether it had been asked for. */
  arrived(sequence: number): boolean {
    return this.#missing.remove(sequence) > 0;
  }

  /** Nothing that is missing is of use any more. */
  forgetMissing(): void {
    this.#missing.clear();
  }

  /**
   * Asks for a key frame, at most one request in 500 ms: a request that comes too early is made later. Of no
   * effect on audio.
   */
  requestKeyFrame(now: number): void {
    if (this.#options.kind !== 'video') return;
    this.#keyFrameRequests.request();
    this.#ask(now);
  }

  /** A key frame has begun: requests made before it are served. */
  keyFrameBegan(): void {
    this.#keyFrameRequests.served();
  }

  onTimer(now: number): void {
    this.#timerAt = Infinity;
    this.#ask(now);
  }

  /** Receiver report and bandwidth. */
  report(reception: Reception, now: number): void {
    const report = buildReceiverReport(this.#ownSsrc, [reception.block(now)]);
    if (this.#options.kind === 'audio') this.#options.sendRtcp(report);
    else
      this.#options.sendRtcp(Buffer.concat([report, buildRemb(this.#ownSsrc, BANDWIDTH, [reception.ssrc])]));
  }

  #ask(now: number): void {
    if (this.mediaSsrc < 0) {
      if (this.#keyFrameRequests.pending) this.#wakeAt(now + SSRC_WAIT, now);
      return;
    }
    if (this.#missing.size > 0) {
      const numbers = this.#missing.due(now);
      if (numbers.length > 0) {
        this.nacks += numbers.length;
        this.#options.sendRtcp(buildNack(this.#ownSsrc, this.mediaSsrc, numbers));
      }
    }
    if (this.#keyFrameRequests.due(now)) {
      this.plis++;
      this.#options.sendRtcp(buildPli(this.#ownSsrc, this.mediaSsrc));
    }
    this.#wakeAt(Math.min(this.#missing.dueAt, this.#keyFrameRequests.dueAt), now);
  }

  #wakeAt(at: number, now: number): void {
    if (at >= this.#timerAt) return;
    this.#timerAt = at;
    this.#options.schedule(Math.max(1, at - now));
  }
}
