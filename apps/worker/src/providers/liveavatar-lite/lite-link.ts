import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type LiteEvent,
  type LiteSocket,
  openLiteSocket,
  TerminalError,
} from '@avatar-bridge/heygen-client/liveavatar';
import type { Logger } from 'pino';
import type { LineSink } from '../audio-line/audio-line.ts';
import { RetryableProviderError, SessionLostError } from '../provider-errors.ts';

/** How long a lost socket is opened again and again, ms. The avatar says meanwhile what it has. */
const reopenBoundMs = 20_000;
const pauses = { firstMs: 200, longestMs: 3_000 };
const openTimeoutMs = 8_000;
/** How long an interrupt waits for a lost socket, ms. */
const interruptBoundMs = 2_000;
/** Commands remembered until the vendor confirms them: it is never given more than some seconds of sound ahead. */
const rememberedCommands = 16;

type Command = { type: 'speak'; id: string; pcm: Uint8Array } | { type: 'end'; id: string };

export type LiteLinkOptions = {
  url: string;
  onEvent: (event: LiteEvent) => void;
  /** The socket is lost, and perhaps opened again. */
  onAway: () => void;
  onBack: () => void;
  /** It cannot be opened again. */
  onLost: (error: SessionLostError) => void;
  logger: Logger;
};

/**
 * The socket of a LITE session, opened again when it breaks. What the vendor had not confirmed by then is sent once more, where
 * it confirms anything at all: sound is neither lost in the gap nor, but for one chunk at most, said twice.
 */
export class LiteLink implements LineSink {
  readonly #options: LiteLinkOptions;
  readonly #over = new AbortController();
  #socket: LiteSocket | undefined;
  #reopening: Promise<void> | undefined;
  #unconfirmed: Command[] = [];
  /** The vendor confirms what it gets. */
  #confirms = false;

  constructor(options: LiteLinkOptions) {
    this.#options = options;
  }

  /** Resolves when the vendor takes commands. Rejects with an error of the client. */
  async open(signal: AbortSignal): Promise<void> {
    this.#socket = await this.#connect(AbortSignal.any([signal, this.#over.signal]));
  }

  async append(id: string, samples: Int16Array): Promise<void> {
    const pcm = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    await this.#send({ type: 'speak', id, pcm });
  }

  async commit(id: string): Promise<void> {
    await this.#send({ type: 'end', id });
  }

  seal(id: string): Promise<void> {
    return this.commit(id);
  }

  async clear(): Promise<void> {
    this.#unconfirmed = [];
    if (!this.#socket?.open) await this.#comeBack();
    try {
      await this.#socket?.interrupt(randomUUID());
    } catch (cause) {
      throw new RetryableProviderError('network', 'The LITE socket broke before the avatar was silenced', {
        cause,
      });
    }
  }

  async keepAlive(): Promise<void> {
    await this.#socket?.keepAlive(randomUUID()).catch((error: unknown) => {
      this.#options.logger.debug({ err: error }, 'the LITE socket was not kept alive');
    });
  }

  async close(reason: string): Promise<void> {
    this.#over.abort();
    await this.#socket?.close(reason);
  }

  /** One that cannot be sent now is sent when the socket is open again. */
  async #send(command: Command): Promise<void> {
    this.#unconfirmed.push(command);
    if (this.#unconfirmed.length > rememberedCommands) this.#unconfirmed.shift();
    await this.#transmit(command).catch((error: unknown) => {
      this.#options.logger.debug({ err: error }, 'a command is sent again when the LITE socket is');
    });
  }

  async #transmit(command: Command): Promise<void> {
    if (command.type === 'speak') await this.#socket?.speak(command.id, command.pcm);
    else await this.#socket?.endSpeech(command.id);
  }

  async #connect(signal: AbortSignal): Promise<LiteSocket> {
    const { url, logger } = this.#options;
    return openLiteSocket({
      url,
      timeout: openTimeoutMs,
      signal,
      logger,
      onEvent: (event) => this.#onEvent(event),
      onClose: ({ by, code }) => {
        if (this.#over.signal.aborted) return;
        logger.warn({ by, code }, 'the LITE socket closed and is opened again');
        this.#options.onAway();
        this.#reopening = this.#reopen();
      },
    });
  }

  #onEvent(event: LiteEvent): void {
    if (event.type === 'agent.audio_buffer_appended') this.#confirm('speak');
    if (event.type === 'agent.audio_buffer_committed') this.#confirm('end');
    this.#options.onEvent(event);
  }

  /** In order: each confirmation is the oldest command's of its kind. */
  #confirm(type: Command['type']): void {
    this.#confirms = true;
    const index = this.#unconfirmed.findIndex((command) => command.type === type);
    if (index >= 0) this.#unconfirmed.splice(index, 1);
  }

  async #reopen(): Promise<void> {
    const { onBack, onLost, logger } = this.#options;
    const until = performance.now() + reopenBoundMs;
    const signal = this.#over.signal;
    for (let tries = 0; ; tries++) {
      try {
        this.#socket = await this.#connect(signal);
        break;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error, tries: tries + 1 }, 'the LITE socket could not be opened again');
        if (error instanceof TerminalError || performance.now() >= until)
          return onLost(
            new SessionLostError('session-closed', "LiveAvatar's socket was lost", { cause: error }),
          );
      }
      const pauseMs = Math.min(pauses.longestMs, pauses.firstMs * 2 ** tries) * (0.75 + Math.random() / 4);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
    this.#reopening = undefined;
    const again = this.#confirms ? this.#unconfirmed : [];
    this.#unconfirmed = [];
    for (const command of again) await this.#send(command);
    onBack();
  }

  async #comeBack(): Promise<void> {
    const bound = sleep(interruptBoundMs, undefined, { ref: false });
    await Promise.race([this.#reopening, bound]);
    if (!this.#socket?.open)
      throw new RetryableProviderError('network', 'The LITE socket is being opened again');
  }
}
