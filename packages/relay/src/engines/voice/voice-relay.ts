import { type PublishedTrack, type RtpParticipant, RtpSender } from '@avatar-bridge/livekit-rtp';
import { OpusEncoder, sampleRateHz } from '@avatar-bridge/speech';
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
import { StageMember } from '../../stage/stage-member.ts';
import { StageMessages } from '../../stage/stage-messages.ts';
import { avatarStream } from '../../stage/stage-stream.ts';
import { StillPicture } from '../../stage/still-picture.ts';
import type { PlaylistFact } from './playlist.ts';
import { VoicePlayer } from './voice-player.ts';

export type VoiceRelayOptions = RelayOptions & { source: VoiceSource };

const clockRate = 48_000;
/** ms between looks whether the stage is joined again. */
const outagePollMs = 100;
const bytesPerSample = 2;

/**
 * The `voice` engine: no avatar, but a voice and a still picture that are published under the session's own
 * identity.
 */
export class VoiceRelay {
  /** Resolves when both tracks are on the stage. Rejects as MediaRelay.start does, and then has left. */
  static async start(options: VoiceRelayOptions, context: RelayContext): Promise<VoiceRelay> {
    if (context.signal?.aborted) throw cancelledStart(context.signal);
    const relay = new VoiceRelay(options, context);
    await relay.#life.start(() => relay.#join());
    return relay;
  }

  readonly #options: VoiceRelayOptions;
  readonly #life: RelayLifecycle;
  readonly #member: StageMember;
  readonly #messages: StageMessages;
  readonly #encoder = new OpusEncoder(sampleRateHz);
  readonly #player: VoicePlayer;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #audio: PublishedTrack | undefined;
  #sender: RtpSender | undefined;
  #picture: StillPicture | undefined;
  /** Whether anybody receives a track, by its sid. */
  readonly #watchedTracks = new Map<string, boolean>();
  #watched: boolean | undefined;

  private constructor(options: VoiceRelayOptions, context: RelayContext) {
    this.#options = options;
    this.#life = new RelayLifecycle(context, (reason, cause) => this.#release(reason, cause));
    this.#member = new StageMember({
      stage: options.stage,
      context,
      life: this.#life,
      autoSubscribe: false,
      listeners: {
        audience: ({ trackSid, watched }) => this.#onAudience(trackSid, watched),
        data: ({ payload, topic, participantIdentity }) =>
          this.#life.emit('stageData', {
            payload: payload.toString('utf8'),
            ...(participantIdentity !== undefined && { participantIdentity }),
            ...(topic !== undefined && { topic }),
          }),
        localTrackUnpublished: () => this.#onTrackRemoved(),
      },
      onReconnected: () => this.#tellAudience(),
    });
    this.#messages = new StageMessages({
      participant: () => this.#member.participant,
      audioSid: () => this.#audio?.sid,
    });
    this.#player = new VoicePlayer({
      frameSize: this.#encoder.frameSize,
      encode: (frame) => this.#encoder.encode(frame),
      send: (packet, level, at) => this.#sender?.sendFrame([packet], this.#timestampOf(at), level),
      tell: (fact) => this.#tell(fact),
    });
  }

  playVoice({ utteranceId, pcm, last }: VoiceChunk): Promise<void> {
    if (pcm.length % bytesPerSample !== 0) {
      const message = `pcm: ${pcm.length} bytes are no whole samples of two bytes`;
      return Promise.reject(new TerminalError('invalid-sound', message));
    }
    this.#player.add(utteranceId, samplesOf(pcm), last);
    this.#tick();
    return Promise.resolve();
  }

  clearVoice(): Promise<void> {
    this.#player.clear();
    this.#tick();
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
    const participant = await this.#member.join();
    try {
      const { signal } = this.#member;
      this.#picture = await StillPicture.publish(participant, await defaultPicture(), signal);
      this.#onPublished('video');
      this.#audio = await this.#publishAudio(participant);
    } catch (error) {
      throw roomError(error, 'stage');
    }
    if (this.#life.closed) return;
    this.#sender = new RtpSender(this.#audio, clockRate);
    this.#tick();
    this.#onPublished('audio');
    this.#tellAudience();
    this.#life.ready();
  }

  #publishAudio(participant: RtpParticipant): Promise<PublishedTrack> {
    return participant.publishTrack({
      kind: 'audio',
      name: 'avatar-audio',
      source: 'microphone',
      stream: avatarStream,
      codec: stageCodec('audio/opus', []),
      dtx: true,
      stereo: false,
      signal: this.#member.signal,
    });
  }

  #onPublished(kind: RelayMediaKind): void {
    this.#life.emit('firstFrame', { kind, at: Date.now() });
  }

  /** In an outage of the stage the voice waits: nobody would hear it. */
  #tick(): void {
    clearTimeout(this.#timer);
    if (this.#sender === undefined || this.#life.closed) return;
    const now = performance.now();
    const dueAt = this.#member.present ? this.#player.tick(now) : now + outagePollMs;
    this.#timer = setTimeout(() => this.#tick(), Math.ceil(dueAt - now));
  }

  #timestampOf(at: number): number {
    return Math.round(((at - this.#startedAt) * clockRate) / 1_000);
  }

  #tell(fact: PlaylistFact): void {
    const { utteranceId } = fact;
    if (fact.type === 'started') {
      this.#life.emit('voiceStarted', { utteranceId });
      this.#life.emit('speaking', { active: true, level: 1 });
      return;
    }
    const playedMs = Math.round((fact.playedSamples * 1_000) / sampleRateHz);
    if (fact.playedSamples > 0) this.#life.emit('speaking', { active: false, level: 0 });
    this.#life.emit('voiceEnded', { utteranceId, playedMs, complete: fact.complete });
  }

  #onAudience(trackSid: string, watched: boolean): void {
    this.#watchedTracks.set(trackSid, watched);
    this.#tellAudience();
  }

  /** Somebody can receive the picture before we know its sid. */
  #tellAudience(): void {
    const watched = this.#picture && this.#watchedTracks.get(this.#picture.sid);
    if (watched === undefined || watched === this.#watched) return;
    this.#watched = watched;
    this.#life.emit('audience', { watched });
  }

  #onTrackRemoved(): void {
    const message = 'stage: the track was taken out of the room';
    this.#life.fail(new RetryableError('track-removed', message, { side: 'stage' }));
  }

  async #release(reason: string, cause: CancelledError): Promise<void> {
    clearTimeout(this.#timer);
    this.#sender?.close();
    this.#picture?.stop();
    await this.#member.leave(reason, cause);
    this.#encoder.close();
  }
}

function samplesOf(pcm: Uint8Array): Int16Array {
  // The bytes may begin anywhere in their buffer, samples may not.
  return new Int16Array(Uint8Array.from(pcm).buffer);
}
