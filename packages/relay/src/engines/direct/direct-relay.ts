import type { DisconnectReason, Speaker, SubscribedTrack } from '@avatar-bridge/livekit-rtp';
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
import { defaultPicture } from '../../stage/default-picture.ts';
import { OwnPicture } from '../../stage/own-picture.ts';
import { StageMember, type StageMemberOptions } from '../../stage/stage-member.ts';
import { StageMessages } from '../../stage/stage-messages.ts';
import { type Absence, type AbsenceEvent, next } from './absence.ts';
import { FaceTrack } from './face-track.ts';
import { Viewers } from './viewers.ts';

export type DirectRelayOptions = RelayOptions & { source: StageSource };

const defaultMediaTimeoutMs = 30_000;
const tickMs = 250;
const ticksPerSecond = 4;
const kinds: readonly RelayMediaKind[] = ['video', 'audio'];

/**
 * The `direct` engine: the avatar is a participant of the stage itself. This one stands beside it under the
 * session's own identity: it tells what becomes of the avatar's tracks, carries captions, state and data, and
 * shows the avatar's last picture while the avatar is gone.
 */
export class DirectRelay {
  /**
   * Resolves when both tracks of the avatar are on the stage and the picture moves, or is muted: the voice
   * need not come before the avatar speaks. Rejects as MediaRelay.start does, and then has left.
   */
  static async start(options: DirectRelayOptions, context: RelayContext): Promise<DirectRelay> {
    if (context.signal?.aborted) throw cancelledStart(context.signal);
    const relay = new DirectRelay(options, context);
    await relay.#life.start(() => relay.#join());
    return relay;
  }

  readonly #options: DirectRelayOptions;
  readonly #context: RelayContext;
  readonly #life: RelayLifecycle;
  readonly #member: StageMember;
  readonly #viewers = new Viewers();
  readonly #audience = new Audience();
  readonly #tracks: Record<RelayMediaKind, FaceTrack>;
  readonly #messages: StageMessages;
  readonly #picture: OwnPicture;
  readonly #startedAt = performance.now();
  readonly #ticker: NodeJS.Timeout;
  readonly #mediaTimer: NodeJS.Timeout;
  #face: Absence = { name: 'awaited' };
  #speaking = false;
  #ticks = 0;

  private constructor(options: DirectRelayOptions, context: RelayContext) {
    this.#options = options;
    this.#context = context;
    this.#life = new RelayLifecycle(context, (reason, cause) => this.#release(reason, cause));
    const track = (kind: RelayMediaKind) => new FaceTrack(kind, () => this.#onFirstPacket(kind));
    this.#tracks = { video: track('video'), audio: track('audio') };
    this.#member = new StageMember({
      stage: options.stage,
      context,
      life: this.#life,
      autoSubscribe: true,
      listeners: this.#listeners(),
      onReconnecting: () => this.#setSpeaking(false, 0),
      onReconnected: () => this.#onReconnected(performance.now()),
    });
    this.#messages = new StageMessages({
      participant: () => this.#member.participant,
      audioSid: () => this.#tracks.audio.sid,
    });
    this.#picture = new OwnPicture({
      participant: () => this.#member.present,
      picture: async () => this.#tracks.video.picture ?? (await defaultPicture()),
      logger: context.logger,
      signal: this.#member.signal,
    });
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
    await this.#member.join();
    this.#viewers.joined(performance.now());
  }

  #listeners(): StageMemberOptions['listeners'] {
    const { avatarIdentity } = this.#options.source;
    const isFace = ({ identity }: { identity: string }) => identity === avatarIdentity;
    return {
      participantJoined: (other) => void (isFace(other) && this.#onFace({ type: 'came' })),
      participantLeft: (other, reason) => void (isFace(other) && this.#onFaceLeft(reason)),
      trackSubscribed: (track) => this.#onTrack(track),
      trackUnsubscribed: (track) => this.#tracks[track.kind].detach(track),
      trackMuted: () => this.#checkStarted(),
      speakers: (speakers) => this.#onSpeakers(speakers),
      data: ({ payload, topic, participantIdentity }) =>
        this.#life.emit(participantIdentity === avatarIdentity ? 'data' : 'stageData', {
          payload: payload.toString('utf8'),
          ...(participantIdentity !== undefined && { participantIdentity }),
          ...(topic !== undefined && { topic }),
        }),
    };
  }

  #onTrack(track: SubscribedTrack): void {
    const { kind, sid, info, participantIdentity } = track;
    const isFace = participantIdentity === this.#options.source.avatarIdentity;
    if (!isFace || info.source === 'screen' || info.source === 'screen-audio') return track.setEnabled(false);
    this.#context.logger.info({ kind, trackSid: sid }, 'the avatar has a track on the stage');
    this.#tracks[kind].attach(track);
    this.#onFace({ type: 'came' });
    this.#checkStarted();
  }

  #onFirstPacket(kind: RelayMediaKind): void {
    this.#life.emit('firstFrame', { kind, at: Date.now() });
    this.#checkStarted();
  }

  #checkStarted(): void {
    const { video, audio } = this.#tracks;
    if (audio.present && video.present && (video.started || video.muted)) this.#life.ready();
  }

  #onFaceLeft(reason: DisconnectReason): void {
    this.#setSpeaking(false, 0);
    const outage = this.#member.present === undefined;
    this.#onFace({ type: 'left', reason, at: performance.now(), outage });
  }

  #onFace(event: AbsenceEvent): void {
    const before = this.#face;
    this.#face = next(before, event);
    if (this.#face === before || this.#face.name !== 'gone' || !this.#life.running) return;
    const { reason } = this.#face;
    this.#context.logger.warn({ reason }, 'the avatar left the stage');
    this.#life.emit('sourceDisconnected', { reason });
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

  #onReconnected(now: number): void {
    this.#viewers.joined(now);
    for (const kind of kinds) this.#tracks[kind].forgive(now);
  }

  #onMediaTimeout(): void {
    const { source, mediaTimeout = defaultMediaTimeoutMs } = this.#options;
    const { video, audio } = this.#tracks;
    const missing = [
      ...(video.started || (video.present && video.muted) ? [] : ['video']),
      ...(audio.started || audio.present ? [] : ['audio']),
    ];
    if (missing.length === 0 || this.#face.name === 'gone') return;
    const [code, message] =
      this.#face.name === 'awaited'
        ? ['avatar-missing', `${source.avatarIdentity} did not join within ${mediaTimeout} ms`]
        : ['media-timeout', `no ${missing.join(' and no ')} within ${mediaTimeout} ms`];
    this.#life.fail(new RetryableError(code, `source: ${message}`, { side: 'source' }));
  }

  #tick(now: number): void {
    if (this.#member.present === undefined) return;
    this.#onFace({ type: 'time', at: now });
    this.#checkAudience(now);
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

  #checkAudience(now: number): void {
    const watched = this.#viewers.among(this.#member.present?.remoteParticipants.values() ?? [], now);
    if (watched !== undefined && this.#audience.set(watched, now)) this.#life.emit('audience', { watched });
    const { pauseUnwatched = true } = this.#options;
    const { video, audio } = this.#tracks;
    // With the picture unasked for, the voice is what shows that the avatar is gone: then the picture has to
    // prove itself.
    video.setEnabled(!pauseUnwatched || !video.started || this.#audience.wants(now) || audio.stalled);
  }

  async #release(reason: string, cause: CancelledError): Promise<void> {
    clearInterval(this.#ticker);
    clearTimeout(this.#mediaTimer);
    this.#picture.stop();
    await this.#member.leave(reason, cause);
  }
}
