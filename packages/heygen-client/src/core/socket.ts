import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { classifyBody, type Vendor } from './classify.ts';
import { deadline } from './deadline.ts';
import { CancelledError, type HeyGenError, RetryableError, TerminalError } from './errors.ts';
import { describeFailure } from './fetch.ts';
import type { Logger } from './logger.ts';

/**
 * Why a socket is closed. `vendor` closed it with `code`; `network`: it broke; `client`: close() was called.
 */
export type SocketEnd = { by: 'client' | 'vendor' | 'network'; code: number; reason: string };

export type SocketListeners = {
  /** Each message in the order they came. Never called after close(). */
  onMessage: (data: Buffer) => void;
  /** Once, when the socket has closed for whatever reason. */
  onClose: (end: SocketEnd) => void;
};

export type SocketOptions = {
  vendor: Vendor;
  /** In words, after "the": `chat socket`. */
  name: string;
  /** May hold credentials: no error and no log repeats it. */
  url: string;
  /** Kept out of errors, should the vendor repeat them. */
  secrets: readonly string[];
  /** ms */
  timeout: number;
  signal: AbortSignal | undefined;
  logger: Logger;
  listeners: SocketListeners;
};

/** Opens a WebSocket, or says why it can't be opened. */
export async function openSocket(options: SocketOptions): Promise<Socket> {
  const { vendor, name, url, timeout, signal } = options;
  if (signal?.aborted) throw new CancelledError(`Cancelled before the ${name} was opened`);
  if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol))
    throw new TerminalError('bad-request', `The URL of the ${name} is no ws(s) URL`);
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 1_048_576 });
  const limit = deadline(timeout, signal);
  try {
    return await new Promise((resolve, reject: (error: HeyGenError) => void) => {
      limit.signal.addEventListener('abort', () => {
        reject(
          limit.cause() === 'caller'
            ? new CancelledError(`Cancelled while the ${name} was being opened`)
            : new RetryableError('timeout', `${vendor.name} did not open the ${name} within ${timeout} ms`),
        );
      });
      // Messages may follow the handshake in the same packet, so the listeners have to be there before this
      // returns.
      socket.on('open', () => resolve(new Socket(socket, options)));
      socket.on('upgrade', (response) => response.socket.setKeepAlive(true, 30_000));
      socket.on('error', (error) => {
        const { reason } = describeFailure(error);
        reject(new RetryableError('network', `The ${name} could not be opened (${reason})`));
      });
      socket.on('unexpected-response', (_request, response) => void refusal(response, options).then(reject));
    });
  } catch (error) {
    socket.terminate();
    throw error;
  } finally {
    limit.release();
  }
}

async function refusal(
  response: IncomingMessage,
  { vendor, name, url, secrets }: SocketOptions,
): Promise<HeyGenError> {
  const { pathname, search } = new URL(url);
  let text = '';
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > 10_000) break;
    }
  } catch {
    // What came so far has to do.
  }
  const headers = { get: (header: string) => response.headers[header]?.toString() ?? null };
  return classifyBody(
    vendor,
    { what: `open the ${name}`, credential: 'token', secrets: [...secrets, pathname + search] },
    response.statusCode ?? 0,
    headers,
    text,
  );
}

/** An open WebSocket. */
export class Socket {
  readonly #socket: WebSocket;
  readonly #name: string;
  readonly #closed = Promise.withResolvers<void>();
  #end: SocketEnd | undefined;
  #broken = '';

  constructor(socket: WebSocket, { name, listeners, logger }: SocketOptions) {
    this.#socket = socket;
    this.#name = name;
    const guarded = (listener: () => void) => {
      try {
        listener();
      } catch (error) {
        logger.error({ err: error }, `a listener of the ${name} threw`);
      }
    };
    socket.on('message', (data: Buffer) => {
      if (!this.#end) guarded(() => listeners.onMessage(data));
    });
    socket.on('error', (error) => {
      this.#broken = describeFailure(error).reason;
    });
    socket.on('close', (code, reason) => {
      // 1006 is never on the wire: the connection ended without a close.
      const byNetwork = code === 1006 || this.#broken !== '';
      const end = (this.#end ??= {
        by: byNetwork ? 'network' : 'vendor',
        code,
        reason: this.#broken || reason.toString(),
      });
      logger.debug({ by: end.by, code }, `${name} closed`);
      this.#closed.resolve();
      guarded(() => listeners.onClose(end));
    });
  }

  /** Whether something can be sent. */
  get open(): boolean {
    return !this.#end && this.#socket.readyState === WebSocket.OPEN;
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Resolves when the operating system has it. */
  send(data: Uint8Array | string): Promise<void> {
    if (!this.open)
      return Promise.reject(new RetryableError('network', `The ${this.#name} is closed: open another one`));
    return new Promise((resolve, reject) => {
      this.#socket.send(data, (error) => {
        if (!error) return resolve();
        const message = `The ${this.#name} broke while sending (${describeFailure(error).reason})`;
        reject(new RetryableError('network', message, { uncertain: true }));
      });
    });
  }

  /** Resolves when it is closed, which is within a second even when the vendor doesn't answer. */
  async close(reason: string): Promise<void> {
    if (!this.#end) {
      this.#end = { by: 'client', code: 1000, reason };
      // A close frame carries at most 123 bytes of reason.
      this.#socket.close(1000, Buffer.from(reason).subarray(0, 120).toString());
      setTimeout(() => this.#socket.terminate(), 1_000).unref();
    }
    await this.#closed.promise;
  }
}
