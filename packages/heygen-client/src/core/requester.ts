import type { z } from 'zod';
import { CancelledError, type HeyGenError, RetryableError, TerminalError } from './errors.ts';
import type { Logger } from './logger.ts';
import { readEnvelope } from './envelope.ts';
import { classifyBody, parseJson, type Vendor } from './classify.ts';
import { deadline, pause } from './deadline.ts';
import { describeFailure, type Fetch, type FetchResponse } from './fetch.ts';
import { queryString } from './query.ts';
import { isHeaderSafe } from './redact.ts';
import { backoff } from './retry-timing.ts';

/**
 * When a call is repeated by itself: `always` when doing it twice is the same as once, `unsent` when it
 * surely never reached the vendor, `never` when only the caller can know.
 */
export type Repeat = 'always' | 'unsent' | 'never';

export type Call<S extends z.ZodType = z.ZodUndefined> = {
  /** In words, after "could not": `create a session`. */
  what: string;
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: object;
  repeat: Repeat;
  /** Of the answer's data; without one the data is of no interest. */
  response?: S;
  /** Reads the whole body instead of the envelope's data. */
  bare?: boolean;
  /** Texts and tokens in the body, kept out of errors. */
  secrets?: readonly (string | undefined)[];
  token?: string | undefined;
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
};

export type RequesterOptions = {
  vendor: Vendor;
  baseUrl: string;
  apiKey: string;
  fetch: Fetch;
  logger: Logger;
  timeout: number;
  maxRetries: number;
};

/** Makes calls: the one place for credentials, timeouts, retries and what answers mean. */
export class Requester {
  readonly #options: RequesterOptions;

  constructor(options: RequesterOptions) {
    this.#options = options;
  }

  async call<S extends z.ZodType = z.ZodUndefined>(call: Call<S>): Promise<z.output<S>> {
    const { maxRetries, logger } = this.#options;
    for (let retry = 0; ; retry++) {
      try {
        return await this.#attempt(call, retry);
      } catch (error) {
        if (!(error instanceof RetryableError) || retry >= maxRetries || !mayRepeat(call.repeat, error))
          throw error;
        const wait = error.retryAfter ?? backoff(retry);
        logger.warn(
          { call: call.what, code: error.code, status: error.status, retry: retry + 1, wait },
          'retrying a call to the vendor',
        );
        if (!(await pause(wait, call.signal)))
          throw new CancelledError(`Cancelled before a retry to ${call.what}`, {
            uncertain: error.uncertain,
          });
      }
    }
  }

  /** A call that only reads. */
  get<S extends z.ZodType>(
    what: string,
    path: string,
    response: S,
    options: Pick<Call, 'token' | 'timeout' | 'signal'>,
    query: Call['query'] = {},
  ): Promise<z.output<S>> {
    return this.call({ what, method: 'GET', path, query, repeat: 'always', response, ...options });
  }

  async #attempt<S extends z.ZodType>(call: Call<S>, retry: number): Promise<z.output<S>> {
    const { logger } = this.#options;
    const timeout = call.timeout ?? this.#options.timeout;
    if (call.signal?.aborted) throw new CancelledError(`Cancelled before the request to ${call.what}`);
    const headers = this.#headers(call);
    const startedAt = performance.now();
    const limit = deadline(timeout, call.signal);
    let response: FetchResponse;
    let text: string;
    try {
      response = await this.#options.fetch(this.#url(call), {
        method: call.method ?? 'POST',
        headers,
        ...(call.body && { body: JSON.stringify(call.body) }),
        signal: limit.signal,
        redirect: 'manual',
      });
      text = await response.text();
    } catch (error) {
      const failure = this.#failure(call, error, limit.cause(), timeout);
      logger.debug(
        { call: call.what, retry, code: failure.code, ms: elapsed(startedAt) },
        'call to the vendor failed',
      );
      throw failure;
    } finally {
      limit.release();
    }
    logger.debug(
      { call: call.what, retry, status: response.status, ms: elapsed(startedAt) },
      'call to the vendor answered',
    );
    return this.#read(call, response, text);
  }

  #read<S extends z.ZodType>(call: Call<S>, { status, headers }: FetchResponse, text: string): z.output<S> {
    const body = parseJson(text);
    const succeeded = status >= 200 && status < 300;
    const content = readEnvelope(body);
    if (!succeeded || !content.ok) {
      const asked = {
        what: call.what,
        credential: call.token === undefined ? ('key' as const) : ('token' as const),
      };
      throw classifyBody(
        this.#options.vendor,
        { ...asked, secrets: [this.#options.apiKey, call.token, ...(call.secrets ?? [])] },
        status,
        headers,
        text,
      );
    }
    // A page or nothing instead of JSON comes from something in between, and goes away again.
    if (body === undefined && (text.trim() !== '' || call.response))
      throw new RetryableError(
        'unavailable',
        `${this.#options.vendor.name} answered without JSON when asked to ${call.what} (HTTP ${status})`,
        {
          status,
          uncertain: true,
        },
      );
    if (!call.response) return undefined as z.output<S>;
    const parsed = call.response.safeParse(call.bare ? body : content.data);
    if (parsed.success) return parsed.data;
    const missing = parsed.error.issues.map((i) => i.path.join('.') || 'data').join(', ');
    throw new TerminalError(
      'bad-response',
      `${this.#options.vendor.name}'s answer to the request to ${call.what} lacks ${missing}`,
      { status, uncertain: true },
    );
  }

  #headers(call: Call<z.ZodType>): Record<string, string> {
    const { token, body } = call;
    if (token !== undefined && !isHeaderSafe(token))
      throw new TerminalError('unauthorized', 'The session token holds characters that no token has');
    return {
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json' }),
      ...(token === undefined ? { 'x-api-key': this.#options.apiKey } : { authorization: `Bearer ${token}` }),
    };
  }

  #url({ path, query }: Call<z.ZodType>): string {
    return `${this.#options.baseUrl}${path}${queryString(query ?? {})}`;
  }

  #failure(
    call: Call<z.ZodType>,
    error: unknown,
    abortedBy: 'caller' | 'timeout' | undefined,
    timeout: number,
  ): HeyGenError {
    const { vendor } = this.#options;
    if (abortedBy === 'caller')
      return new CancelledError(`Cancelled while asking ${vendor.name} to ${call.what}`, { uncertain: true });
    if (abortedBy === 'timeout')
      return new RetryableError(
        'timeout',
        `${vendor.name} did not answer within ${timeout} ms when asked to ${call.what}`,
        { uncertain: true },
      );
    const { reason, unsent } = describeFailure(error);
    const message = `The connection to ${vendor.name} failed when asking to ${call.what} (${reason})`;
    return new RetryableError('network', message, { uncertain: !unsent });
  }
}

function mayRepeat(repeat: Repeat, error: RetryableError): boolean {
  switch (repeat) {
    case 'always':
      return error.code !== 'concurrency-limit' && error.code !== 'not-ready';
    case 'unsent':
      return error.code === 'network' && !error.uncertain;
    case 'never':
      return false;
  }
}

function elapsed(since: number): number {
  return Math.round((performance.now() - since) * 10) / 10;
}
