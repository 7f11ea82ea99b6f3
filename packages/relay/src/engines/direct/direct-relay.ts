import {
  type DisconnectReason,
  type RemoteParticipant,
  RtpParticipant,
  type Speaker,
  type SubscribedTrack,
} from '@avatar-bridge/livekit-rtp';
import { type CancelledError, RetryableError } from '../../errors.ts';
import type {
  AvatarState,
  Caption,
  MediaStats,
  RelayMediaKind,
  RelayOptions,
  StageSource,
} from '../../media-relay.ts';
import { Audience } from '../../relay/audience.ts';
import { cancelledStart, type RelayContext, RelayLifecycle } from '../../relay/relay-lifecycle.ts';
import { roomError } from '../../relay/room-error.ts';
import { defaultPicture } from '../../stage/default-picture.ts';
import { OwnPicture } from '../../stage/own-picture.ts';
import { StageMessages } from '../../stage/stage-messages.ts';
import { type Absence, type AbsenceEvent, next } from './absence.ts';
import { FaceTrack } from './face-track.ts';

export type DirectRelayOptions = RelayOptions & { source: StageSource };

const defaultMediaTimeoutMs = 30_000;
const tickMs = 250;
const ticksPerSecond = 4;
const kinds: readonly RelayMediaKind[] = ['video', 'audio'];

/**
 * The `direct` engine: the avatar is a participant of the stage itself. This one stands beside it under the session's own
 * identity: it tells what becomes of the avatar's tracks, carries captions, state and data, and shows the avatar's last picture
 * while the avatar is gone.
 */
export class DirectRelay {
  /** Resolves when picture and voice of the avatar are on the stage. Rejects as MediaRelay.start does, and then has left. */
  static async start(options: DirectRelayOptions, context: RelayContext): Promise<DirectRelay> {
    if (context.signal?.aborted) throw cancelledStart(context.signal);
    const relay = new DirectRelay(options, context);
    await relay.#life.start(() => relay.#join());
    return relay;
  }

  readonly #options: DirectRelayOptions;
  readonly #context: RelayContext;
  readonly #life: RelayLifecycle;
  readonly #joining = new AbortController();
  readonly #audience = new Audience();
  readonly #tracks: Record<RelayMediaKind, FaceTrack>;
  readonly #messages: StageMessages;
  readonly #picture: OwnPicture;
  readonly #startedAt = performance.now();
  readonly #ticker: NodeJS.Timeout;
  readonly #mediaTimer: NodeJS.Timeout;
  #participant: RtpParticipant | undefined;
  #face: Absence = { name: 'awaited' };
  /** Since when the stage is being joined again; monotonic ms. */
  #reconnectingSince: number | undefined;
  #speaking = false;
  #ticks = 0;

  private constructor(options: DirectRelayOptions, context: RelayContext) {
    this.#options = options;
    this.#context = context;
    this.#life = new RelayLifecycle(context, (reason, cause) => this.#release(reason, cause));
    const track = (kind: RelayMediaKind) => new FaceTrack(kind, () => this.#onFirstPacket(kind));
    this.#tracks = { video: track('video'), audio: track('audio') };
    const participant = () => (this.#reconnectingSince === undefined ? this.#participant : undefined);
    this.#messages = new StageMessages({
      participant: () => this.#participant,
      audioSid: () => this.#tracks.audio.sid,
    });
    this.#picture = new OwnPicture({
      participant,
      picture: async () => this.#tracks.video.picture ?? (await defaultPicture()),
      logger: context.logger,
      signal: this.#joining.signal,
    });
    context.orphaned?.addEventListener('abort', this.#onOrphaned);
    this.#ticker = setInterval(() => this.#tick(performance.now()), tickMs);
    this.#mediaTimer = setTimeout(
      () => this.#onMediaTimeout(),
      options.mediaTimeout ?? defaultMediaTimeoutMs,
    );
  }

  /** To the avatar only. */
  sendToSource(payload: string, topic?: string): Promise<void> {
    return this.#messages.sendData(payload, topic, this.#options.source.avatarIdentity);
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
    const now = performance.now();
    const { watched } = this.#audience;
    const { video, audio } = this.#tracks;
    return Promise.resolve({
      id: this.#options.id,
      uptime: Math.round(now - this.#startedAt),
      ...(watched !== undefined && { watched }),
      ...(video.started && { video: video.stats(now) }),
      ...(audio.started && { audio: audio.stats(now) }),
    });
  }

  /** Leaves the stage; the avatar stays there. Resolves after `closed`. Idempotent. */
  close(reason = 'closed'): Promise<void> {
    return this.#life.end(reason);
  }

  async #join(): Promise<void> {
    const { stage, source } = this.#options;
    const { logger, tokenRefreshed } = this.#context;
    const isFace = ({ identity }: { identity: string }) => identity === source.avatarIdentity;
    try {
      const participant = await RtpParticipant.connect({
        url: stage.url,
        token: stage.token,
        signal: this.#joining.signal,
        logger,
        listeners: {
          participantJoined: (other) => void (isFace(other) && this.#onFace({ type: 'came' })),
          participantLeft: (other, reason) => void (isFace(other) && this.#onFaceLeft(reason)),
          trackSubscribed: (track) => this.#onTrack(track),
          trackUnsubscribed: (track) => this.#tracks[track.kind].detach(track),
          speakers: (speakers) => this.#onSpeakers(speakers),
          data: ({ payload, topic, participantIdentity }) => {
            const fromFace = participantIdentity === source.avatarIdentity;
            this.#life.emit(fromFace ? 'data' : 'stageData', {
              payload: payload.toString('utf8'),
              ...(participantIdentity !== undefined && { participantIdentity }),
              ...(topic !== undefined && { topic }),
            });
          },
          reconnecting: ({ reason }) => this.#onReconnecting(reason),
          reconnected: () => this.#onReconnected(),
          disconnected: ({ reason }) => this.#onDisconnected(reason),
          tokenRefreshed: (newest) => tokenRefreshed?.(stage.token, newest),
        },
      });
      this.#participant = participant;
      if (this.#joining.signal.aborted) await participant.close('closed');
    } catch (error) {
      throw roomError(error, 'stage');
    }
  }

  #onTrack(track: SubscribedTrack): void {
    const { source } = track.info;
    const isFace = track.participantIdentity === this.#options.source.avatarIdentity;
    if (!isFace || source === 'screen' || source === 'screen-audio') return track.setEnabled(false);
    this.#context.logger.info(
      { kind: track.kind, trackSid: track.sid },
      'the avatar has a track on the stage',
    );
    this.#tracks[track.kind].attach(track);
    this.#onFace({ type: 'came' });
  }

  #onFirstPacket(kind: RelayMediaKind): void {
    this.#life.emit('firstFrame', { kind, at: Date.now() });
    if (kinds.every((each) => this.#tracks[each].started)) this.#life.ready();
  }

  #onFaceLeft(reason: DisconnectReason): void {
    this.#setSpeaking(false, 0);
    // Who left while we were away is told when we are back, without its reason.
    this.#onFace({ type: 'left', reason, at: performance.now() });
  }

  #onFace(event: AbsenceEvent): void {
    const before = this.#face;
    this.#face = next(before, event);
    if (this.#face === before) return;
    if (this.#face.name === 'gone' && this.#life.running) {
      this.#context.logger.warn({ reason: this.#face.reason }, 'the avatar left the stage');
      this.#life.emit('sourceDisconnected', { reason: this.#face.reason });
    }
  }

  #onSpeakers(speakers: readonly Speaker[]): void {
    const face = speakers.find(({ identity }) => identity === this.#options.source.avatarIdentity);
    if (face) this.#setSpeaking(face.active, face.level);
  }

  #setSpeaking(active: boolean, level: number): void {
    if (active === this.#speaking) return;
    this.#speaking = active;
    this.#life.emit('speaking', { active, level });
  }

  #onReconnecting(reason: DisconnectReason): void {
    this.#context.logger.warn({ reason }, 'stage lost, joining it again');
    this.#reconnectingSince = performance.now();
    this.#setSpeaking(false, 0);
    this.#life.emit('reconnecting', { side: 'stage', reason });
    if (this.#context.orphaned?.aborted) this.#onOrphaned();
  }

  #onReconnected(): void {
    const gapMs = Math.round(performance.now() - (this.#reconnectingSince ?? performance.now()));
    this.#reconnectingSince = undefined;
    this.#life.emit('reconnected', { side: 'stage', gapMs });
    // A server that was restarted forgot the avatar, which has to come again.
    if (!this.#participant?.remoteParticipants.has(this.#options.source.avatarIdentity))
      this.#onFaceLeft('other');
  }

  #onDisconnected(reason: DisconnectReason): void {
    this.#setSpeaking(false, 0);
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

  #onMediaTimeout(): void {
    const missing = kinds.filter((kind) => !this.#tracks[kind].started && !this.#tracks[kind].muted);
    if (missing.length === 0) return;
    const { source, mediaTimeout = defaultMediaTimeoutMs } = this.#options;
    const message =
      this.#face.name === 'awaited'
        ? `${source.avatarIdentity} did not join within ${mediaTimeout} ms`
        : `no ${missing.join(' and no ')} within ${mediaTimeout} ms`;
    this.#life.fail(new RetryableError('media-timeout', `source: ${message}`, { side: 'source' }));
  }

  #tick(now: number): void {
    if (this.#participant === undefined || this.#reconnectingSince !== undefined) return;
    this.#onFace({ type: 'time', at: now });
    this.#countAudience(now);
    for (const kind of kinds) this.#checkStall(kind, now);
    if (this.#life.running) void this.#picture.show(!this.#tracks.video.present);
    if (++this.#ticks % ticksPerSecond === 0) for (const kind of kinds) this.#tracks[kind].everySecond(now);
  }

  #checkStall(kind: RelayMediaKind, now: number): void {
    const stall = this.#tracks[kind].check(now);
    if (stall?.type === 'stalled')
      this.#life.emit('mediaStalled', { kind, sinceMs: Math.round(stall.since) });
    if (stall?.type === 'resumed') this.#life.emit('mediaResumed', { kind, gapMs: Math.round(stall.gap) });
  }

  /** The server tells who receives a track only to its publisher: so everybody in the room counts as watching. */
  #countAudience(now: number): void {
    const others = [...(this.#participant?.remoteParticipants.values() ?? [])];
    const watched = others.some((other) => isViewer(other));
    if (this.#audience.set(watched, now)) this.#life.emit('audience', { watched });
    const { pauseUnwatched = true } = this.#options;
    const { video, audio } = this.#tracks;
    // With the picture unasked for, the voice is what shows that the avatar is gone: then the picture has to prove itself.
    video.setEnabled(!pauseUnwatched || !video.started || this.#audience.wants(now) || audio.stalled);
  }

  async #release(reason: string, cause: CancelledError): Promise<void> {
    clearInterval(this.#ticker);
    clearTimeout(this.#mediaTimer);
    this.#context.orphaned?.removeEventListener('abort', this.#onOrphaned);
    this.#joining.abort(cause);
    this.#picture.stop();
    await this.#participant?.close(reason);
  }
}

function isViewer({ kind }: RemoteParticipant): boolean {
  return kind === 'standard' || kind === 'sip' || kind === 'egress';
}
