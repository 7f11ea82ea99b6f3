import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancelledError,
  HeyGenError,
  type StreamingChat,
  type VendorEvent,
} from '@avatar-bridge/heygen-client';
import type { Logger } from 'pino';

/** Pauses before the socket is opened again, ms. After the last one it stays closed. */
const pauses = [500, 1_000, 2_000, 5_000, 10_000];
/** A socket that held this long, ms, was a good one: the pauses begin anew. */
const steady = 30_000;

export type ChatSocket = { onEvent: (event: VendorEvent) => void; onClose: () => void; signal: AbortSignal };

export type ChatLinkOptions = {
  /** Opens a socket; `first` until one was opened. */
  open: (first: boolean, socket: ChatSocket) => Promise<StreamingChat>;
  onEvent: (event: VendorEvent) => void;
  logger: Logger;
};

/**
 * Keeps the chat socket of one session open, within bounds. It carries the user's side only, so a session lives without it: nothing
 * here ever fails the session.
 */
export class ChatLink {
  readonly #options: ChatLinkOptions;
  readonly #over = new AbortController();
  #chat: StreamingChat | undefined;
  #started: Promise<void> | undefined;
  #first = true;
  #failures = 0;

  constructor(options: ChatLinkOptions) {
    this.#options = options;
  }

  /** Resolves after the first attempt, whether or not it succeeded. */
  start(): Promise<void> {
    return (this.#started ??= this.#connect());
  }

  async close(reason: string): Promise<void> {
    this.#over.abort();
    await this.#chat?.close(reason);
  }

  async #connect(): Promise<void> {
    const { open, onEvent, logger } = this.#options;
    const { signal } = this.#over;
    if (signal.aborted) return;
    const closed = Promise.withResolvers<void>();
    try {
      const chat = await open(this.#first, { onEvent, onClose: closed.resolve, signal });
      if (signal.aborted) return await chat.close('session closed');
      this.#chat = chat;
      this.#first = false;
    } catch (error) {
      if (error instanceof CancelledError || signal.aborted) return;
      const code = error instanceof HeyGenError ? error.code : 'unknown';
      logger.warn({ code, failures: this.#failures }, 'chat socket could not be opened');
      if (code === 'unauthorized' || code === 'session-closed') return;
      void this.#again();
      return;
    }
    const openedAt = performance.now();
    void closed.promise.then(() => {
      this.#chat = undefined;
      if (performance.now() - openedAt >= steady) this.#failures = 0;
      return this.#again();
    });
  }

  async #again(): Promise<void> {
    const { signal } = this.#over;
    const pause = pauses[this.#failures++];
    if (signal.aborted) return;
    if (pause === undefined) return this.#options.logger.warn({}, 'chat socket stays closed');
    await sleep(pause * (0.75 + Math.random() / 4), undefined, { signal }).catch(() => {});
    await this.#connect();
  }
}
