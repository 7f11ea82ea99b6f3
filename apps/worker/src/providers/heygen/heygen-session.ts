import { setTimeout as sleep } from 'node:timers/promises';
import type { AvatarSettings, VendorSession } from '@avatar-bridge/contracts';
import {
  type CallOptions,
  type HeyGenClient,
  type StreamingChat,
  TerminalError,
} from '@avatar-bridge/heygen-client';
import type { Logger } from 'pino';
import type { RoomSource } from '@avatar-bridge/relay';
import type { MediaChannel, ProviderSession, SpeakResult, Utterance } from '../avatar-provider.ts';
import { CancelledError, SessionLostError } from '../provider-errors.ts';
import type { VendorEvent } from '../vendor-event.ts';
import type { VendorRoom } from '../way-back.ts';
import { ChatLink, type ChatSocket } from './chat-link.ts';
import { Normaliser } from './normaliser.ts';
import { stopSession } from './stop-session.ts';
import { saysWrongState, translateError } from './translate-error.ts';
import { now } from '../../clock.ts';

/** Who the avatar is in its room. */
const avatarIdentity = 'heygen';
/** ms between two keep-alive calls at most. */
const longestKeepAliveMs = 60_000;
/** Users saw sessions cut exactly one hour after their start, whatever limit was announced. */
const longestSession = 3_600_000;
/**
 * How long "not in correct state" may mean that the tracks are on their way, counted from the session's
 * start, and how often to look, ms.
 */
const comingUp = { within: 20_000, every: 150 };
/** What a call may take, ms. The client repeats interrupt and keepAlive. */
const timeouts = { start: 15_000, task: 10_000, interrupt: 3_000, keepAlive: 5_000, chat: 5_000 };

export type HeyGenSessionOptions = {
  client: HeyGenClient;
  room: VendorRoom;
  ref: VendorSession;
  /** Of create_token; it opened the session. */
  token: string;
  avatar: AvatarSettings;
  onEvent: (event: VendorEvent) => void;
  logger: Logger;
};

/** A session of HeyGen's Streaming API v1 that was started. */
export class HeyGenSession implements ProviderSession {
  readonly ref: VendorSession;
  readonly media: RoomSource;
  readonly keepAliveMs: number;
  readonly durationLimitMs: number;
  readonly #client: HeyGenClient;
  readonly #logger: Logger;
  readonly #avatar: AvatarSettings;
  readonly #normaliser = new Normaliser();
  readonly #onEvent: (event: VendorEvent) => void;
  #startedAt: number;
  readonly #over = new AbortController();
  #token: string | undefined;
  #chat: ChatLink | undefined;
  /** Once it took a text or spoke, "not in correct state" can only mean that it is gone. */
  #wasUp = false;
  #lost: SessionLostError | undefined;
  #closing: Promise<void> | undefined;

  constructor({ client, room, ref, token, avatar, onEvent, logger }: HeyGenSessionOptions) {
    this.ref = ref;
    this.#startedAt = performance.now() - Math.max(0, Date.now() - ref.openedAt);
    this.media = { kind: 'room', url: room.url, token: room.accessToken, avatarIdentity };
    this.keepAliveMs = Math.min(longestKeepAliveMs, (avatar.idleTimeoutSeconds * 1_000) / 3);
    this.durationLimitMs = Math.min(room.durationLimitMs ?? longestSession, longestSession);
    this.#client = client;
    this.#token = token;
    this.#avatar = avatar;
    this.#onEvent = onEvent;
    this.#logger = logger;
  }

  /** Brings the avatar into the room. Called once, before anything else. */
  async start(signal: AbortSignal): Promise<void> {
    this.#startedAt = performance.now();
    await this.#call((options) =>
      this.#client.start(this.ref.id, { timeout: timeouts.start, signal, ...options }),
    );
  }

  async connect(_media: MediaChannel, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new CancelledError();
    this.#chat ??= new ChatLink({
      open: (first, socket) => this.#openChat(first, socket),
      onEvent: (event) => this.#tell(this.#normaliser.fromSocket(event, now())),
      logger: this.#logger,
    });
    const started = this.#chat.start();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(new CancelledError());
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([started, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async speak({ text, mode, signal }: Utterance): Promise<SpeakResult> {
    for (;;) {
      this.#mustLive();
      if (signal.aborted) throw new CancelledError();
      try {
        // A sync task would hold its request until the text was spoken, and is known not to answer at all now
        // and then.
        const task = { text, taskType: mode, taskMode: 'async' as const, timeout: timeouts.task };
        // What is on its way may be taken whoever hangs up: only its answer tells.
        const { signal: over } = this.#over;
        const { taskId, durationMs } = await this.#call((options) =>
          this.#client.task(this.ref.id, { ...task, signal: over, ...options }),
        );
        this.#wasUp = true;
        return { taskId, ...(durationMs !== undefined && { expectedDuration: durationMs }) };
      } catch (error) {
        const mayComeUp = !this.#wasUp && performance.now() - this.#startedAt < comingUp.within;
        if (!saysWrongState(error) || !mayComeUp) throw this.#judged(error);
      }
      await sleep(comingUp.every, undefined, { signal }).catch((cause: unknown) => {
        throw new CancelledError({ cause });
      });
    }
  }

  async interrupt(signal?: AbortSignal): Promise<void> {
    this.#mustLive();
    try {
      await this.#call((options) =>
        this.#client.interrupt(this.ref.id, { timeout: timeouts.interrupt, signal, ...options }),
      );
    } catch (error) {
      // Nothing speaks yet.
      if (saysWrongState(error) && !this.#wasUp) return;
      throw this.#judged(error);
    }
  }

  async keepAlive(signal?: AbortSignal): Promise<void> {
    this.#mustLive();
    try {
      await this.#call((options) =>
        this.#client.keepAlive(this.ref.id, { timeout: timeouts.keepAlive, signal, ...options }),
      );
    } catch (error) {
      throw this.#judged(error);
    }
  }

  handleRoomData(payload: string): void {
    this.#tell(this.#normaliser.fromRoom(payload, now()));
  }

  letGo(): void {
    this.#over.abort();
    void this.#chat?.close('somebody else goes on with the session');
  }

  close(reason: string): Promise<void> {
    this.#over.abort();
    this.#closing ??= this.#close(reason).catch((error: unknown) => {
      // The next call tries again: what nobody stops goes on to cost money.
      this.#closing = undefined;
      throw error;
    });
    return this.#closing;
  }

  async #close(reason: string): Promise<void> {
    const [stopped] = await Promise.allSettled([
      stopSession(this.#client, this.ref.id, { token: this.#token }),
      this.#chat?.close(reason),
    ]);
    if (stopped.status === 'rejected') throw stopped.reason;
    this.#logger.info(
      { vendorSessionId: this.ref.id, reason, wasOpen: stopped.value.wasOpen },
      'vendor session closed',
    );
  }

  /**
   * Calls with the session's token as the vendor's SDK does, and with the key once the token is refused: its
   * lifetime isn't documented.
   */
  async #call<T>(call: (options: Pick<CallOptions, 'token'>) => Promise<T>): Promise<T> {
    const token = this.#token;
    try {
      return await call({ token });
    } catch (error) {
      if (token === undefined || !(error instanceof TerminalError) || error.code !== 'unauthorized')
        throw error;
      this.#token = undefined;
      this.#logger.info({ vendorSessionId: this.ref.id }, 'session token refused, going on with the key');
      return call({});
    }
  }

  async #openChat(first: boolean, socket: ChatSocket): Promise<StreamingChat> {
    const timeout = timeouts.chat;
    const { openingText, silenceResponse, stt } = this.#avatar;
    return this.#client.openChat({
      sessionId: this.ref.id,
      token: this.#token ?? (await this.#client.createToken({ timeout, signal: socket.signal })),
      silenceResponse,
      openingText: first ? openingText : undefined,
      sttLanguage: stt.language,
      timeout,
      ...socket,
    });
  }

  /** What an error of the client means for this session. */
  #judged(error: unknown): Error {
    const gone = this.#wasUp || performance.now() - this.#startedAt >= comingUp.within;
    const translated = translateError(error);
    if (!(translated instanceof SessionLostError) && !(saysWrongState(error) && gone)) return translated;
    if (this.#lost) return this.#lost;
    this.#lost = new SessionLostError(
      'session-closed',
      this.#wasUp
        ? 'HeyGen closed the session'
        : `HeyGen did not bring the avatar up within ${comingUp.within / 1_000} s`,
      { cause: error },
    );
    this.#tell([{ type: 'closed', reason: this.#lost.message }]);
    this.#over.abort();
    void this.#chat?.close('session lost');
    return this.#lost;
  }

  #mustLive(): void {
    if (this.#lost) throw this.#lost;
    if (this.#over.signal.aborted)
      throw new SessionLostError('session-closed', 'The vendor session was closed');
  }

  #tell(events: readonly VendorEvent[]): void {
    for (const event of events) {
      if (this.#over.signal.aborted) return;
      this.#wasUp ||= event.type === 'speech.started';
      this.#onEvent(event);
    }
  }
}
