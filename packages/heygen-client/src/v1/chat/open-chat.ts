import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { CancelledError, RetryableError, type HeyGenError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { classifyBody } from '../../core/classify.ts';
import { deadline } from '../../core/deadline.ts';
import { describeFailure } from '../../core/fetch.ts';
import { queryString } from '../../core/query.ts';
import { heygen } from '../error-rules.ts';
import { type ChatQuery, endpoints } from '../wire/index.ts';
import { type ChatListeners, StreamingChat } from './streaming-chat.ts';

export type OpenOptions = {
  /** The http(s) base URL of the API. */
  baseUrl: string;
  query: ChatQuery;
  /** ms */
  timeout: number;
  signal: AbortSignal | undefined;
  logger: Logger;
  listeners: ChatListeners;
};

/** Opens the socket, or says why it can't be opened. Its URL holds the token: no error and no log repeats it. */
export async function openSocket(options: OpenOptions): Promise<StreamingChat> {
  const { timeout, logger, listeners } = options;
  if (options.signal?.aborted) throw new CancelledError('Cancelled before the chat socket was opened');
  const socket = new WebSocket(chatUrl(options), { perMessageDeflate: false, maxPayload: 1_048_576 });
  const limit = deadline(timeout, options.signal);
  try {
    return await new Promise((resolve, reject: (error: HeyGenError) => void) => {
      limit.signal.addEventListener('abort', () => {
        reject(
          limit.cause() === 'caller'
            ? new CancelledError('Cancelled while the chat socket was being opened')
            : new RetryableError('timeout', `HeyGen did not open the chat socket within ${timeout} ms`),
        );
      });
      // Messages may follow the handshake in the same packet, so the listeners have to be there before this returns.
      socket.on('open', () => resolve(new StreamingChat(socket, listeners, logger)));
      socket.on('upgrade', (response) => response.socket.setKeepAlive(true, 30_000));
      socket.on('error', (error) =>
        reject(
          new RetryableError(
            'network',
            `The chat socket could not be opened (${describeFailure(error).reason})`,
          ),
        ),
      );
      socket.on('unexpected-response', (_request, response) => void refusal(response, options).then(reject));
    });
  } catch (error) {
    socket.terminate();
    throw error;
  } finally {
    limit.release();
  }
}

function chatUrl({ baseUrl, query }: OpenOptions): string {
  return `${baseUrl.replace(/^http/, 'ws')}${endpoints.chat}${queryString(query)}`;
}

async function refusal(response: IncomingMessage, { query }: OpenOptions): Promise<HeyGenError> {
  let text = '';
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > 10_000) break;
    }
  } catch {
    // What came so far has to do.
  }
  const headers = { get: (name: string) => response.headers[name]?.toString() ?? null };
  return classifyBody(
    heygen,
    { what: 'open the chat socket', credential: 'token', secrets: [query.session_token] },
    response.statusCode ?? 0,
    headers,
    text,
  );
}
