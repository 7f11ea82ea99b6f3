import { WebSocket } from 'ws';
import { RetryableError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { parseVendorEvent, type VendorEvent } from '../events/vendor-event.ts';
import { describeFailure } from '../../core/fetch.ts';
import { encodeFrame } from '../wire/index.ts';

/** Why a socket is closed. `vendor` closed it with `code`; `network`: it broke; `client`: close() was called. */
export type ChatEnd = { by: 'client' | 'vendor' | 'network'; code: number; reason: string };

export type ChatListeners = {
  /** Each message of the vendor that holds an event, in the order they came. Never called after close(). */
  onEvent?: (event: VendorEvent) => void;
  /** A message that holds no event, as text. */
  onUnreadable?: (payload: string) => void;
  /** Once, when the socket has closed for whatever reason. It is not opened again by itself. */
  onClose?: (end: ChatEnd) => void;
};

/** An open streaming.chat socket. What it says comes through the listeners that were passed when it was opened. */
export class StreamingChat {
  readonly #socket: WebSocket;
  readonly #closed = Promise.withResolvers<void>();
  #end: ChatEnd | undefined;
  #broken = '';

  /** @internal HeyGenClient.openChat() makes them. */
  constructor(socket: WebSocket, listeners: ChatListeners, logger: Logger) {
    this.#socket = socket;
    const call = <A>(listener: ((argument: A) => void) | undefined, argument: A) => {
      try {
        listener?.(argument);
      } catch (error) {
        logger.error({ err: error }, 'a listener of the chat socket threw');
      }
    };
    socket.on('message', (data: Buffer) => {
      if (this.#end) return;
      const event = parseVendorEvent(data);
      if (event) call(listeners.onEvent, event);
      else call(listeners.onUnreadable, data.toString());
    });
    socket.on('error', (error) => {
      this.#broken = describeFailure(error).reason;
    });
    socket.on('close', (code, reason) => {
      // 1006 is never on the wire: the connection ended without a close.
      const byNetwork = code === 1006 || this.#broken !== '';
      this.#end ??= { by: byNetwork ? 'network' : 'vendor', code, reason: this.#broken || reason.toString() };
      logger.debug({ by: this.#end.by, code }, 'chat socket closed');
      this.#closed.resolve();
      call(listeners.onClose, this.#end);
    });
  }

  /** Whether texts can be sent. */
  get open(): boolean {
    return !this.#end && this.#socket.readyState === WebSocket.OPEN;
  }

  /**
   * Sends a text as a talk task in async mode: the vendor's LLM answers it. No task id is returned: it comes with the room's events.
   * Resolves when the text is handed to the operating system.
   */
  sendText(text: string): Promise<void> {
    return this.#send(encodeFrame({ kind: 'text', text }));
  }

  /** Sends microphone audio: 16-bit little-endian PCM, mono, 16 kHz by default. The SDK sends 512 samples at a time. */
  sendAudio(audio: Uint8Array, options: { sampleRate?: number; numChannels?: number } = {}): Promise<void> {
    return this.#send(
      encodeFrame({
        kind: 'audio',
        audio,
        sampleRate: options.sampleRate ?? 16_000,
        numChannels: options.numChannels ?? 1,
      }),
    );
  }

  /** Closes the socket; resolves when it is closed, which is within a second even when the vendor doesn't answer. */
  async close(reason = ''): Promise<void> {
    if (!this.#end) {
      this.#end = { by: 'client', code: 1000, reason };
      // A close frame carries at most 123 bytes of reason.
      this.#socket.close(1000, Buffer.from(reason).subarray(0, 120).toString());
      setTimeout(() => this.#socket.terminate(), 1_000).unref();
    }
    await this.#closed.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close('disposed');
  }

  #send(bytes: Uint8Array): Promise<void> {
    if (!this.open)
      return Promise.reject(new RetryableError('network', 'The chat socket is closed: open another one'));
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, (error) => {
        if (error)
          reject(
            new RetryableError(
              'network',
              `The chat socket broke while sending (${describeFailure(error).reason})`,
              { uncertain: true },
            ),
          );
        else resolve();
      });
    });
  }
}
