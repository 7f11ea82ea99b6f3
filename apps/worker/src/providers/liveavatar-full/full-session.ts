import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AvatarSettings, VendorSession } from '@avatar-bridge/contracts';
import {
  agentIdentity,
  avatarIdentity,
  type CallOptions,
  type Control,
  controlTopic,
  encodeControl,
  type LiveAvatarClient,
  responseTopic,
  TerminalError,
} from '@avatar-bridge/heygen-client/liveavatar';
import { RelayError, RetryableError } from '@avatar-bridge/relay';
import type { RoomSource } from '@avatar-bridge/relay';
import type { Logger } from 'pino';
import { expectedDuration } from '../../speech/duration.ts';
import type {
  DataOrigin,
  MediaChannel,
  ProviderSession,
  SpeakResult,
  Utterance,
} from '../avatar-provider.ts';
import { translateError } from '../heygen/translate-error.ts';
import { stopSession } from '../liveavatar/stop-session.ts';
import { CancelledError, RetryableProviderError, SessionLostError } from '../provider-errors.ts';
import type { VendorEvent } from '../vendor-event.ts';
import type { VendorRoom } from '../way-back.ts';
import { FullEvents } from './full-events.ts';
import { now } from '../../clock.ts';

/** ms */
const keepAliveTimeout = 5_000;
/** How long a greeting may take to begin and to end, and how often to look, ms. */
const greeting = { begin: 3_000, end: 20_000, every: 50 };

export type FullSessionParts = {
  client: LiveAvatarClient;
  ref: VendorSession;
  /** Of the session; calls are made with it as long as it is taken. */
  token: string;
  room: VendorRoom;
  avatar: AvatarSettings;
  /** Whether its context has something to say first. */
  greets: boolean;
  /** Another worker opened it: it may be saying what it was given there. */
  attached?: boolean;
  onEvent: (event: VendorEvent) => void;
  /** Called once, when it is over. */
  onOver: () => void;
  logger: Logger;
};

/**
 * A started session of LiveAvatar in FULL mode: commands and events are data of the vendor's room, which the
 * relay is in.
 */
export class FullSession implements ProviderSession {
  readonly ref: VendorSession;
  readonly media: RoomSource;
  /**
   * The vendor closes a session that nobody uses for some minutes: 5 by its documentation, less than 4 by
   * observers.
   */
  readonly keepAliveMs = 60_000;
  readonly durationLimitMs?: number;
  readonly #parts: FullSessionParts;
  readonly #events: FullEvents;
  readonly #over = new AbortController();
  #token: string | undefined;
  #channel: MediaChannel | undefined;
  #greetingBy = Number.POSITIVE_INFINITY;
  /** Aborts what waits, when the avatar is silenced. */
  #waiting = new AbortController();
  #lost: SessionLostError | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: FullSessionParts) {
    const { ref, room, token, greets, attached = false } = parts;
    this.ref = ref;
    this.media = {
      kind: 'room',
      url: room.url,
      token: room.accessToken,
      avatarIdentity,
      companions: [agentIdentity(ref.id)],
    };
    if (room.durationLimitMs !== undefined) this.durationLimitMs = room.durationLimitMs;
    this.#parts = parts;
    this.#token = token;
    this.#events = new FullEvents({
      greets: greets || parts.avatar.openingText !== undefined,
      attached,
      rate: parts.avatar.voice.rate,
    });
  }

  async connect(channel: MediaChannel, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new CancelledError();
    this.#channel = channel;
    this.#greetingBy = performance.now() + greeting.begin;
    const { avatar, greets, logger } = this.#parts;
    if (avatar.openingText === undefined || greets) return;
    await this.#send({ type: 'avatar.speak_text', text: avatar.openingText, eventId: randomUUID() }).catch(
      (error: unknown) => logger.warn({ err: error }, 'the opening text could not be said'),
    );
    this.#greetingBy += expectedDuration(avatar.openingText, avatar.voice.rate);
  }

  async speak({ text, mode, signal }: Utterance): Promise<SpeakResult> {
    await this.#greeted(signal);
    const taskId = randomUUID();
    const type = mode === 'talk' ? 'avatar.speak_response' : 'avatar.speak_text';
    this.#events.submitted({ id: taskId, mode, text });
    await this.#send({ type, text, eventId: taskId });
    return { taskId };
  }

  async interrupt(): Promise<void> {
    this.#waiting.abort();
    this.#waiting = new AbortController();
    await this.#send({ type: 'avatar.interrupt' });
    this.#events.silenced();
  }

  async keepAlive(signal?: AbortSignal): Promise<void> {
    this.#mustLive();
    try {
      await this.#call((options) =>
        this.#parts.client.keepAlive(this.ref.id, { timeout: keepAliveTimeout, signal, ...options }),
      );
    } catch (error) {
      const translated = translateError(error);
      throw translated instanceof SessionLostError ? this.#lose(translated) : translated;
    }
  }

  handleRoomData(payload: string, { topic }: DataOrigin): void {
    if (topic !== undefined && topic !== responseTopic) return;
    for (const event of this.#events.read(payload, now())) {
      if (this.#over.signal.aborted) return;
      if (event.type === 'closed')
        this.#lose(new SessionLostError('session-closed', `LiveAvatar ended the session: ${event.reason}`));
      else this.#parts.onEvent(event);
    }
  }

  letGo(): void {
    this.#end();
  }

  close(reason: string): Promise<void> {
    this.#end();
    this.#closing ??= this.#close(reason).catch((error: unknown) => {
      // The next call tries again: what nobody stops goes on to cost credits.
      this.#closing = undefined;
      throw error;
    });
    return this.#closing;
  }

  async #close(reason: string): Promise<void> {
    const { client, logger } = this.#parts;
    await stopSession(client, this.ref.id);
    logger.info({ vendorSessionId: this.ref.id, reason }, 'vendor session closed');
  }

  /**
   * The greeting is not to be talked into, nor to be taken for one of ours. Resolves when it is over, or has
   * not come.
   */
  async #greeted(signal: AbortSignal): Promise<void> {
    const over = AbortSignal.any([signal, this.#waiting.signal, this.#over.signal]);
    while (this.#events.greeting) {
      const { greets } = this.#events;
      if (performance.now() >= this.#greetingBy + (greets ? greeting.end : 0)) this.#events.forgetGreeting();
      else await sleep(greeting.every, undefined, { signal: over }).catch(() => undefined);
      if (signal.aborted) throw new CancelledError();
      this.#mustLive();
      if (over.aborted) throw new RetryableProviderError('not-ready', 'The avatar was silenced meanwhile');
    }
    this.#mustLive();
  }

  /** Resolves when the room has it. */
  async #send(control: Control): Promise<void> {
    this.#mustLive();
    if (!this.#channel) throw new RetryableProviderError('not-ready', 'The avatar is not on the stage yet');
    try {
      await this.#channel.sendData(encodeControl(control), { topic: controlTopic });
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      // A relay host that died may have sent it first.
      const uncertain = error.code === 'host-died';
      const reason = `The vendor's room took no command (${error.code})`;
      if (error instanceof RetryableError)
        throw new RetryableProviderError('network', reason, { cause: error, uncertain });
      throw new SessionLostError('session-closed', reason, { cause: error });
    }
  }

  /**
   * Calls with the session's token, and with the key once that is refused: its lifetime is not documented.
   */
  async #call<T>(call: (options: Pick<CallOptions, 'token'>) => Promise<T>): Promise<T> {
    const token = this.#token;
    try {
      return await call({ token });
    } catch (error) {
      const refused = error instanceof TerminalError && error.code === 'unauthorized';
      if (token === undefined || !refused) throw error;
      this.#token = undefined;
      this.#parts.logger.info(
        { vendorSessionId: this.ref.id },
        'session token refused, going on with the key',
      );
      return call({});
    }
  }

  #lose(error: SessionLostError): SessionLostError {
    if (this.#lost) return this.#lost;
    this.#lost = error;
    if (!this.#over.signal.aborted) this.#parts.onEvent({ type: 'closed', reason: error.message });
    this.#end();
    return error;
  }

  #end(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#parts.onOver();
  }

  #mustLive(): void {
    if (this.#lost) throw this.#lost;
    if (this.#over.signal.aborted)
      throw new SessionLostError('session-closed', 'The vendor session was closed');
  }
}
