import type { AvatarSettings, VendorSession } from '@avatar-bridge/contracts';
import {
  type LiteEvent,
  type LiveAvatarClient,
  type StartedSession,
  TerminalError,
} from '@avatar-bridge/heygen-client/liveavatar';
import type { StageSource } from '@avatar-bridge/relay';
import type { Logger } from 'pino';
import { expectedDuration } from '../../speech/duration.ts';
import type { MediaChannel, ProviderSession, SpeakResult, Utterance } from '../avatar-provider.ts';
import { translateError } from '../heygen/translate-error.ts';
import { stopSession } from '../liveavatar/stop-session.ts';
import type { OwnVoice } from '../own-voice/own-voice.ts';
import { VoicedSpeech } from '../own-voice/voiced-speech.ts';
import { CancelledError, SessionLostError } from '../provider-errors.ts';
import type { VendorEvent } from '../vendor-event.ts';
import { LiteLink } from './lite-link.ts';

/** A frame comes 0.9 to 1.1 s after its sound was due (measured by a third party). */
const timing = { endGraceMs: 2_500, clearBoundMs: 1_500 };
/** Sessions were reaped after 194 to 210 s without a sign of life. */
const keepAliveMs = 60_000;
const keepAliveTimeoutMs = 5_000;
/** An avatar that falls silent too early this close to the session's limit has gone mute, ms. */
const muteBeforeLimitMs = 20_000;
/** What an utterance needs besides its own length, ms. */
const startMs = 2_000;

export type LiteSessionOptions = {
  client: LiveAvatarClient;
  ownVoice: OwnVoice;
  sessionId: string;
  avatar: AvatarSettings;
  ref: VendorSession;
  /** Of the session that was started. */
  token: string;
  started: StartedSession;
  socketUrl: string;
  /** The avatar on the stage. */
  avatarIdentity: string;
  onEvent: (event: VendorEvent) => void;
  logger: Logger;
};

/** A session of LiveAvatar in LITE mode that was started: the avatar is on its way to the stage. */
export class LiteSession implements ProviderSession {
  readonly ref: VendorSession;
  readonly media: StageSource;
  readonly keepAliveMs = keepAliveMs;
  readonly durationLimitMs?: number;
  readonly #options: LiteSessionOptions;
  readonly #speech: VoicedSpeech;
  readonly #link: LiteLink;
  readonly #startedAt = performance.now();
  readonly #atLimit: NodeJS.Timeout | undefined;
  #lost: SessionLostError | undefined;
  #over = false;
  #closing: Promise<void> | undefined;

  constructor(options: LiteSessionOptions) {
    const { ref, started, avatarIdentity, socketUrl, onEvent, logger } = options;
    this.#options = options;
    this.ref = ref;
    this.media = { kind: 'stage', avatarIdentity };
    if (started.durationLimitMs !== undefined) {
      this.durationLimitMs = started.durationLimitMs;
      this.#atLimit = setTimeout(() => this.#lose(this.#reachedLimit()), started.durationLimitMs).unref();
    }
    this.#link = new LiteLink({
      url: socketUrl,
      onEvent: (event) => this.#handle(event),
      onAway: () => this.#speech.line.pause(),
      onBack: () => this.#speech.line.resume(),
      onLost: (error) => this.#lose(error),
      logger,
    });
    this.#speech = new VoicedSpeech({
      ...options,
      sink: this.#link,
      timing,
      onEvent: (event) => {
        if (!this.#over) onEvent(event);
      },
      onFailure: (error) => this.#lose(new SessionLostError(error.code, error.message, { cause: error })),
      onCutShort: (missingMs) => this.#onCutShort(missingMs),
    });
  }

  async connect(_media: MediaChannel, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new CancelledError();
    try {
      await this.#link.open(signal);
    } catch (error) {
      throw translateError(error);
    }
    this.#speech.open();
  }

  async speak(utterance: Utterance): Promise<SpeakResult> {
    this.#mustLive();
    this.#mustLast(utterance);
    return this.#speech.speak(utterance);
  }

  async interrupt(): Promise<void> {
    this.#mustLive();
    await this.#speech.line.interrupt();
  }

  async keepAlive(signal?: AbortSignal): Promise<void> {
    this.#mustLive();
    const { client, token, ref } = this.#options;
    try {
      await Promise.all([
        this.#link.keepAlive(),
        client.keepAlive(ref.id, { token, timeout: keepAliveTimeoutMs, signal }),
      ]);
    } catch (error) {
      if (error instanceof TerminalError && error.code === 'session-closed')
        throw this.#lose(
          new SessionLostError('session-closed', 'LiveAvatar closed the session', { cause: error }),
        );
      throw translateError(error);
    }
  }

  /** The vendor tells everything over its socket. */
  handleRoomData(): void {}

  close(reason: string): Promise<void> {
    this.#end();
    this.#closing ??= this.#close(reason).catch((error: unknown) => {
      // The next call tries again: what nobody stops goes on to cost money.
      this.#closing = undefined;
      throw error;
    });
    return this.#closing;
  }

  async #close(reason: string): Promise<void> {
    const { client, token, logger } = this.#options;
    const [stopped] = await Promise.allSettled([
      stopSession(client, this.ref.id, { token }),
      this.#link.close(reason),
    ]);
    if (stopped.status === 'rejected') throw stopped.reason;
    logger.info({ vendorSessionId: this.ref.id, reason }, 'vendor session closed');
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#atLimit);
    this.#speech.line.close();
  }

  #handle(event: LiteEvent): void {
    if (this.#over) return;
    const { onEvent, logger } = this.#options;
    const { line } = this.#speech;
    const name = event.type === 'unknown' ? event.name : event.type;
    onEvent({ type: 'raw', source: 'socket', name, payload: event.raw });
    switch (event.type) {
      case 'agent.speak_started':
        return line.handle('started', event.sourceEventId);
      case 'agent.speak_ended':
        return line.handle('ended', event.sourceEventId);
      case 'agent.idle_started':
        return line.handle('ended');
      case 'agent.state_updated':
        return line.handle(event.state === 'talking' ? 'started' : 'ended');
      case 'agent.audio_buffer_cleared':
      case 'agent.speak_interrupted':
        return line.handle('cleared');
      case 'session.state_updated':
        if (event.state === 'closed')
          this.#lose(new SessionLostError('session-closed', 'LiveAvatar closed the session'));
        return;
      case 'error':
      case 'warning':
        return logger.warn({ kind: event.kind, message: event.message }, 'LiveAvatar complains');
      case 'agent.audio_buffer_appended':
      case 'agent.audio_buffer_committed':
      case 'agent.idle_ended':
      case 'unknown':
    }
  }

  /** At its limit a session may go mute and tell nobody: what was cut short there is said again by the next one. */
  #onCutShort(missingMs: number): void {
    const { logger } = this.#options;
    const leftMs = this.#leftMs();
    logger.warn({ missingMs: Math.round(missingMs), leftMs }, 'the avatar fell silent too early');
    if (leftMs < muteBeforeLimitMs) this.#lose(this.#reachedLimit());
  }

  /** An utterance is not begun that the session's limit would cut, unless the session is fresh: another would cut it, too. */
  #mustLast({ text, mode }: Utterance): void {
    const fresh = performance.now() - this.#startedAt < (this.durationLimitMs ?? 0) / 2;
    const neededMs =
      startMs + (mode === 'talk' ? 0 : expectedDuration(text, this.#options.avatar.voice.rate));
    if (!fresh && this.#leftMs() < neededMs) throw this.#lose(this.#reachedLimit());
  }

  #leftMs(): number {
    const { durationLimitMs: durationLimit = Number.POSITIVE_INFINITY } = this;
    return durationLimit - (performance.now() - this.#startedAt);
  }

  #reachedLimit(): SessionLostError {
    const limit = Math.round((this.durationLimitMs ?? 0) / 1_000);
    return new SessionLostError('session-closed', `LiveAvatar ends a session after ${limit} s`);
  }

  /** Returns the first error, which is what every further call gets. */
  #lose(error: SessionLostError): SessionLostError {
    if (this.#lost || this.#over) return this.#lost ?? error;
    this.#lost = error;
    this.#options.onEvent({ type: 'closed', reason: error.message });
    this.#end();
    void this.#link.close('session lost');
    return error;
  }

  #mustLive(): void {
    if (this.#lost) throw this.#lost;
    if (this.#over) throw new SessionLostError('session-closed', 'The vendor session was closed');
  }
}
