import { openSocket, type Socket, type SocketEnd, type SocketOptions } from '../../core/socket.ts';
import { heygen } from '../error-rules.ts';
import { parseVendorEvent, type VendorEvent } from '../events/vendor-event.ts';
import { encodeFrame } from '../wire/index.ts';

/**
 * Why a socket is closed. `vendor` closed it with `code`; `network`: it broke; `client`: close() was called.
 */
export type ChatEnd = SocketEnd;

export type ChatListeners = {
  /** Each message of the vendor that holds an event, in the order they came. Never called after close(). */
  onEvent?: (event: VendorEvent) => void;
  /** A message that holds no event, as text. */
  onUnreadable?: (payload: string) => void;
  /** Once, when the socket has closed for whatever reason. It is not opened again by itself. */
  onClose?: (end: ChatEnd) => void;
};

/** Opens the socket, or says why it can't be opened. */
export async function openChat(
  options: Omit<SocketOptions, 'vendor' | 'name' | 'listeners'> & { listeners: ChatListeners },
): Promise<StreamingChat> {
  const { listeners } = options;
  const socket = await openSocket({
    ...options,
    vendor: heygen,
    name: 'chat socket',
    listeners: {
      onMessage: (data) => {
        const event = parseVendorEvent(data);
        if (event) listeners.onEvent?.(event);
        else listeners.onUnreadable?.(data.toString());
      },
      onClose: (end) => listeners.onClose?.(end),
    },
  });
  return new StreamingChat(socket);
}

/**
 * An open streaming.chat socket. What it says comes through the listeners that were passed when it was
 * opened.
 */
export class StreamingChat {
  readonly #socket: Socket;

  /** @internal HeyGenClient.openChat() makes them. */
  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Whether texts can be sent. */
  get open(): boolean {
    return this.#socket.open;
  }

  /**
   * Sends a text as a talk task in async mode: the vendor's LLM answers it. No task id is returned: it comes
   * with the room's events. Resolves when the text is handed to the operating system.
   */
  sendText(text: string): Promise<void> {
    return this.#socket.send(encodeFrame({ kind: 'text', text }));
  }

  /**
   * Sends microphone audio: 16-bit little-endian PCM, mono, 16 kHz by default. The SDK sends 512 samples at a
   * time.
   */
  sendAudio(audio: Uint8Array, options: { sampleRate?: number; numChannels?: number } = {}): Promise<void> {
    const { sampleRate = 16_000, numChannels = 1 } = options;
    return this.#socket.send(encodeFrame({ kind: 'audio', audio, sampleRate, numChannels }));
  }

  /**
   * Closes the socket; resolves when it is closed, which is within a second even when the vendor doesn't
   * answer.
   */
  close(reason = ''): Promise<void> {
    return this.#socket.close(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close('disposed');
  }
}
