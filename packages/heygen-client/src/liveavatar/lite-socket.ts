import { deadline } from '../core/deadline.ts';
import { CancelledError, type HeyGenError, RetryableError, TerminalError } from '../core/errors.ts';
import { type Logger, silentLogger } from '../core/logger.ts';
import { openSocket, type Socket, type SocketEnd } from '../core/socket.ts';
import { liveAvatar } from './error-rules.ts';
import { type LiteEvent, parseLiteMessage } from './lite-event.ts';
import type { LiteCommand } from './wire/index.ts';

/**
 * PCM of one message, bytes: 10 s of sound, 640,000 bytes as base64, well below the vendor's limit of 1 MB.
 */
const maxChunkBytes = 480_000;

/**
 * What may wait for the network, bytes: about a minute of sound. Whoever sends more has lost the connection,
 * or does not wait.
 */
const maxBufferedBytes = 4_000_000;

/** How many ids of commands are remembered to tell an answer's id from one of the vendor's own. */
const rememberedIds = 64;

export type LiteSocketOptions = {
  /** `socketUrl` of a started LITE session. It may hold credentials: no error and no log repeats it. */
  url: string;
  /** Each event in the order they came, those before `connected` included. Never called after close(). */
  onEvent?: (event: LiteEvent) => void;
  /** A message that holds no event, as text. */
  onUnreadable?: (payload: string) => void;
  /** Once, when an opened socket has closed for whatever reason. It is not opened again by itself. */
  onClose?: (end: SocketEnd) => void;
  /** ms until the vendor has to be connected; default 15,000. */
  timeout?: number;
  signal?: AbortSignal;
  logger?: Logger;
};

/**
 * Opens the socket of a LITE session and resolves when the vendor says that it is connected: what is sent
 * earlier is dropped silently. No WebSocket pings are sent: some of the vendor's servers answer them late and
 * lose the connection over it.
 */
export async function openLiteSocket(options: LiteSocketOptions): Promise<LiteSocket> {
  const { url, onEvent, onUnreadable, onClose, timeout = 15_000, signal, logger = silentLogger } = options;
  const ids = new RecentIds();
  const connected = Promise.withResolvers<void>();
  // A failed opening is told by the rejection alone.
  connected.promise.catch(() => {});
  let opened = false;
  const limit = deadline(timeout, signal);
  let socket: Socket | undefined;
  try {
    socket = await openSocket({
      vendor: liveAvatar,
      name: 'LITE socket',
      url,
      secrets: [],
      timeout,
      signal,
      logger,
      listeners: {
        onMessage: (data) => {
          const event = parseLiteMessage(data, (id) => ids.has(id));
          if (event?.type === 'session.state_updated' && event.state === 'connected') {
            opened = true;
            connected.resolve();
          }
          if (event) onEvent?.(event);
          else onUnreadable?.(data.toString());
        },
        onClose: (end) => {
          if (opened) return onClose?.(end);
          connected.reject(closedEarly(end));
        },
      },
    });
    const late = () => {
      const message = `LiveAvatar opened the LITE socket and was not connected within ${timeout} ms`;
      connected.reject(
        limit.cause() === 'caller'
          ? new CancelledError('Cancelled while the LITE socket was being opened')
          : new RetryableError('timeout', message),
      );
    };
    limit.signal.addEventListener('abort', late);
    if (limit.signal.aborted) late();
    await connected.promise;
    return new LiteSocket(socket, ids);
  } catch (error) {
    void socket?.close('not connected');
    throw error;
  } finally {
    limit.release();
  }
}

function closedEarly({ by, code, reason }: SocketEnd): HeyGenError {
  const why = `${code}${reason && `: ${reason}`}`;
  return by === 'vendor'
    ? new RetryableError('unavailable', `LiveAvatar closed the LITE socket before it was connected (${why})`)
    : new RetryableError('network', `The LITE socket broke before it was connected (${why})`);
}

/** An open LITE socket. What it says comes through the listeners that were passed when it was opened. */
export class LiteSocket {
  readonly #socket: Socket;
  readonly #ids: RecentIds;

  /** @internal openLiteSocket() makes them. */
  constructor(socket: Socket, ids: RecentIds) {
    this.#socket = socket;
    this.#ids = ids;
  }

  /** Whether commands can be sent. */
  get open(): boolean {
    return this.#socket.open;
  }

  /**
   * Appends sound to the utterance `eventId`: signed 16-bit little-endian PCM, mono, 24 kHz. The first sound
   * after endSpeech() or interrupt() begins an utterance; use one id for all of it. Resolves when the
   * operating system has it, so whoever waits is never far ahead of the network; the vendor itself takes
   * sound faster than it plays. Sound slower than real time is `video_starvation`.
   *
   * @throws RetryableError `unavailable` when a minute of sound waits for the network, `network` when the
   * socket is closed.
   */
  async speak(eventId: string, pcm: Uint8Array): Promise<void> {
    if (pcm.byteLength % 2 !== 0)
      throw new TerminalError('bad-request', 'Sound has 16-bit samples: its length must be even');
    const bytes = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
    const sends: Promise<void>[] = [];
    for (let at = 0; at < bytes.length; at += maxChunkBytes) {
      const audio = bytes.toString('base64', at, Math.min(at + maxChunkBytes, bytes.length));
      sends.push(this.#send({ type: 'agent.speak', event_id: eventId, audio }));
    }
    await Promise.all(sends);
  }

  /** Ends the utterance: the avatar says what it has, and then is silent. */
  endSpeech(eventId: string): Promise<void> {
    return this.#send({ type: 'agent.speak_end', event_id: eventId });
  }

  /**
   * Silences the avatar and drops the sound it has not played. Stop sending the utterance first, or its rest
   * begins another one.
   */
  interrupt(eventId: string): Promise<void> {
    return this.#send({ type: 'agent.interrupt', event_id: eventId });
  }

  /** The avatar looks as if it listened. */
  startListening(eventId: string): Promise<void> {
    return this.#send({ type: 'agent.start_listening', event_id: eventId });
  }

  stopListening(eventId: string): Promise<void> {
    return this.#send({ type: 'agent.stop_listening', event_id: eventId });
  }

  /** Starts the vendor's idle timeout again. */
  keepAlive(eventId: string): Promise<void> {
    return this.#send({ type: 'session.keep_alive', event_id: eventId });
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

  async #send(command: LiteCommand & { event_id: string }): Promise<void> {
    if (this.#socket.bufferedBytes > maxBufferedBytes)
      throw new RetryableError(
        'unavailable',
        'A minute of sound waits for the network: LiveAvatar takes none',
      );
    this.#ids.add(command.event_id);
    await this.#socket.send(JSON.stringify(command));
  }
}

class RecentIds {
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.delete(id);
    this.#ids.add(id);
    if (this.#ids.size <= rememberedIds) return;
    const [oldest] = this.#ids;
    if (oldest !== undefined) this.#ids.delete(oldest);
  }
}
