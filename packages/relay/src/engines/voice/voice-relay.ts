import {
  type DisconnectReason,
  type PublishedTrack,
  RtpParticipant,
  RtpSender,
} from '@avatar-bridge/livekit-rtp';
import { audioFrameMs, OpusEncoder, sampleRateHz, silentFrame, silentLevel } from '@avatar-bridge/speech';
import { type CancelledError, RetryableError, TerminalError } from '../../errors.ts';
import type {
  AvatarState,
  Caption,
  MediaStats,
  RelayMediaKind,
  RelayOptions,
  VoiceChunk,
  VoiceSource,
} from '../../media-relay.ts';
import { cancelledStart, type RelayContext, RelayLifecycle } from '../../relay/relay-lifecycle.ts';
import { roomError } from '../../relay/room-error.ts';
import { stageCodec } from '../../stage/carried-codec.ts';
import { defaultPicture } from '../../stage/default-picture.ts';
import { StageMessages } from '../../stage/stage-messages.ts';
import { avatarStream } from '../../stage/stage-stream.ts';
import { StillPicture } from '../../stage/still-picture.ts';
import { Playlist, type PlaylistFact } from './playlist.ts';

export type VoiceRelayOptions = RelayOptions & { source: VoiceSource };

const clockRate = 48_000;
const tickMs = 10;
/** ms behind the clock after which frames are not caught up with: the process stood still. */
const longestBehindMs = 200;
const bytesPerSample = 2;

/** The `voice` engine: no avatar, but a voice and a still picture that are published under the session's own identity. */
export class VoiceRelay {
  /** Resolves when both tracks are on the stage. Rejects as MediaRelay.start does, and then has left. */
  static async start(options: VoiceRelayOptions, context: RelayContext): Promise<VoiceRelay> {
    if (context.signal?.aborted) throw cancelledStart(context.signal);
    const relay = new VoiceRelay(options, context);
    await relay.#life.start(() => relay.#join());
    return relay;
  }

  readonly #options: VoiceRelayOptions;
  readonly #context: RelayContext;
  readonly #life: RelayLifecycle;
  readonly #joining = new AbortController();
  readonly #encoder = new OpusEncoder(sampleRateHz);
  readonly #playlist = new Playlist(this.#encoder.frameSize);
  readonly #messages: StageMessages;
  readonly #startedAt = performance.now();
  readonly #ticker: NodeJS.Timeout;
  #participant: RtpParticipant | undefined;
  #audio: PublishedTrack | undefined;
  #sender: RtpSender | undefined;
  #picture: StillPicture | undefined;
  /** When the next frame is due; `undefined` at rest. Monotonic ms. */
  #nextAt: number | undefined;
  #reconnectingSince: number | undefined;
  #watched: boolean | undefined;

  private constructor(options: VoiceRelayOptions, context: RelayContext) {
    this.#options = options;
    this.#context = context;
    this.#life = new RelayLifecycle(context, (reason, cause) => this.#release(reason, cause));
    this.#messages = new StageMessages({
      participant: () => this.#participant,
      audioSid: () => this.#audio?.sid,
    });
    context.orphaned?.addEventListener('abort', this.#onOrphaned);
    this.#ticker = setInterval(() => this.#tick(performance.now()), tickMs);
  }

  playVoice({ utteranceId, pcm, last }: VoiceChunk): Promise<void> {
    if (pcm.length % bytesPerSample !== 0) {
      const message = 'sound has to come in whole samples of two bytes';
      return Promise.reject(new TerminalError('invalid-sound', message));
    }
    this.#playlist.add(utteranceId, samplesOf(pcm), last);
    this.#tick(performance.now());
    return Promise.resolve();
  }

  clearVoice(): Promise<void> {
    this.#tell(this.#playlist.clear());
    this.#rest();
    return Promise.resolve();
  }

  /** There is nobody to send it to. */
  sendToSource(): Promise<void> {
    return Promise.resolve();
  }

  sendToStage(payload: string, topic?: string): Promise<void> {
    return this.#messages.sendData(payload, topic);
  }

  caption(caption: Caption): Promise<void> {
    return this.#messages.caption(caption);
  }

  setAvatarState(state: AvatarState): Promise<void> {
    return this.#messages.setState(state);
  }

  stats(): Promise<MediaStats> {
    return Promise.resolve({
      id: this.#options.id,
      uptime: Math.round(performance.now() - this.#startedAt),
      ...(this.#watched !== undefined && { watched: this.#watched }),
    });
  }

  /** Leaves the stage. Resolves after `closed`. Idempotent. */
  close(reason = 'closed'): Promise<void> {
    return this.#life.end(reason);
  }

  async #join(): Promise<void> {
    const { stage } = this.#options;
    const { logger, tokenRefreshed } = this.#context;
    const { signal } = this.#joining;
    try {
      const participant = await RtpParticipant.connect({
        url: stage.url,
        token: stage.token,
        autoSubscribe: false,
        signal,
        logger,
        listeners: {
          audience: ({ trackSid, watched }) => this.#onAudience(trackSid, watched),
          data: ({ payload, topic, participantIdentity }) =>
            this.#life.emit('stageData', {
              payload: payload.toString('utf8'),
              ...(participantIdentity !== undefined && { participantIdentity }),
              ...(topic !== undefined && { topic }),
            }),
          localTrackUnpublished: () =>
            this.#life.fail(
              new RetryableError('track-removed', 'stage: the track was taken out of the room', {
                side: 'stage',
              }),
            ),
          reconnecting: ({ reason }) => this.#onReconnecting(reason),
          reconnected: () => this.#onReconnected(),
          disconnected: ({ reason }) => this.#onDisconnected(reason),
          tokenRefreshed: (newest) => tokenRefreshed?.(stage.token, newest),
        },
      });
      this.#participant = participant;
      this.#picture = await StillPicture.publish(participant, await defaultPicture(), signal);
      this.#onFirst('video');
      this.#audio = await participant.publishTrack({
        kind: 'audio',
        name: 'avatar-audio',
        source: 'microphone',
        stream: avatarStream,
        codec: stageCodec('audio/opus', []),
        dtx: true,
        stereo: false,
        signal,
      });
      this.#sender = new RtpSender(this.#audio, clockRate);
      this.#sendFrame(silentFrame, silentLevel, performance.now());
      this.#onFirst('audio');
      this.#life.ready();
    } catch (error) {
      throw roomError(error, 'stage');
    }
  }

  #onFirst(kind: RelayMediaKind): void {
    this.#life.emit('firstFrame', { kind, at: Date.now() });
  }

  #tick(now: number): void {
    if (this.#sender === undefined || this.#playlist.empty) return;
    this.#nextAt ??= now;
    if (now - this.#nextAt > longestBehindMs) this.#nextAt = now;
    while (this.#nextAt <= now) {
      const { frame, facts } = this.#playlist.next();
      this.#tell(facts);
      if (frame === undefined) return this.#playlist.empty ? this.#rest() : void (this.#nextAt = undefined);
      const { packet, level } = this.#encoder.encode(frame);
      this.#sendFrame(packet, level, this.#nextAt);
      this.#nextAt += audioFrameMs;
    }
  }

  /** Nothing is sent at rest, as in DTX; a last packet says that it is quiet. */
  #rest(): void {
    if (this.#nextAt === undefined) return;
    this.#sendFrame(silentFrame, silentLevel, this.#nextAt);
    this.#nextAt = undefined;
  }

  #sendFrame(packet: Uint8Array, level: number, at: number): void {
    const timestamp = Math.round(((at - this.#startedAt) * clockRate) / 1_000);
    this.#sender?.sendFrame([packet], timestamp, level);
  }

  #tell(facts: readonly PlaylistFact[]): void {
    for (const fact of facts) {
      const { utteranceId } = fact;
      if (fact.type === 'started') {
        this.#life.emit('voiceStarted', { utteranceId });
        this.#life.emit('speaking', { active: true, level: 1 });
      } else {
        const playedMs = Math.round((fact.playedSamples * 1_000) / sampleRateHz);
        this.#life.emit('speaking', { active: false, level: 0 });
        this.#life.emit('voiceEnded', { utteranceId, playedMs, complete: fact.complete });
      }
    }
  }

  #onAudience(trackSid: string, watched: boolean): void {
    if (trackSid !== this.#picture?.sid || watched === this.#watched) return;
    this.#watched = watched;
    this.#life.emit('audience', { watched });
  }

  #onReconnecting(reason: DisconnectReason): void {
    this.#context.logger.warn({ reason }, 'stage lost, joining it again');
    this.#reconnectingSince = performance.now();
    this.#life.emit('reconnecting', { side: 'stage', reason });
    if (this.#context.orphaned?.aborted) this.#onOrphaned();
  }

  #onReconnected(): void {
    const gapMs = Math.round(performance.now() - (this.#reconnectingSince ?? performance.now()));
    this.#reconnectingSince = undefined;
    this.#life.emit('reconnected', { side: 'stage', gapMs });
  }

  #onDisconnected(reason: DisconnectReason): void {
    if (!this.#life.running) {
      this.#life.fail(
        new RetryableError('disconnected', `stage: disconnected (${reason})`, { side: 'stage' }),
      );
      return;
    }
    this.#life.emit('stageDisconnected', { reason });
    void this.#life.end('stage-disconnected');
  }

  /** Joining again, this relay would push out the one that may have come in its place. */
  #onOrphaned = (): void => {
    if (this.#reconnectingSince !== undefined) void this.#life.end('orphaned');
  };

  async #release(reason: string, cause: CancelledError): Promise<void> {
    clearInterval(this.#ticker);
    this.#context.orphaned?.removeEventListener('abort', this.#onOrphaned);
    this.#joining.abort(cause);
    this.#sender?.close();
    this.#picture?.stop();
    await this.#participant?.close(reason);
    this.#encoder.close();
  }
}

function samplesOf(pcm: Uint8Array): Int16Array {
  // The bytes may begin anywhere in their buffer, samples may not.
  return new Int16Array(Uint8Array.from(pcm).buffer);
}
