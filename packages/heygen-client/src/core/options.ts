import type { Vendor } from './classify.ts';
import { TerminalError } from './errors.ts';
import { type Fetch, keepAliveFetch } from './fetch.ts';
import { type Logger, silentLogger } from './logger.ts';
import { isHeaderSafe } from './redact.ts';
import { Requester } from './requester.ts';

export type ClientOptions = {
  /** Default: the environment variable HEYGEN_API_KEY, for LiveAvatar LIVEAVATAR_API_KEY. */
  apiKey?: string;
  /**
   * Default: the environment variable HEYGEN_BASE_URL or LIVEAVATAR_BASE_URL, or else the vendor's own
   * server.
   */
  baseUrl?: string;
  /** Default: a fetch that keeps connections open between utterances. */
  fetch?: Fetch;
  /** Default: nothing is logged. A pino logger fits. */
  logger?: Logger;
  /** ms that one attempt of a call may take, answer included; default 15,000. */
  timeout?: number;
  /** How often a call that is safe to repeat is repeated; default 2. */
  maxRetries?: number;
};

export type CallOptions = {
  /** A session token, sent instead of the API key. */
  token?: string;
  /** ms for one attempt, instead of the client's. */
  timeout?: number;
  signal?: AbortSignal;
};

/** What a client works with: its options, checked and completed. */
export type Connection = {
  baseUrl: string;
  requester: Requester;
  logger: Logger;
  /** ms */
  timeout: number;
  /** Closes the kept connections. */
  close: () => Promise<void>;
};

/** @throws TerminalError when the key or the URL can't be one; nothing is sent yet. */
export function connect(vendor: Vendor, options: ClientOptions): Connection {
  const baseUrl = checkedUrl(
    options.baseUrl ?? fromEnvironment(vendor.urlVariable) ?? vendor.defaultUrl,
    vendor.urlVariable,
  );
  const apiKey = checkedKey(options.apiKey ?? fromEnvironment(vendor.keyVariable), vendor.keyVariable);
  const own = options.fetch ? undefined : keepAliveFetch();
  const { logger = silentLogger, timeout = 15_000, maxRetries = 2 } = options;
  const fetch = options.fetch ?? own!.fetch;
  return {
    baseUrl,
    logger,
    timeout,
    requester: new Requester({ vendor, baseUrl, apiKey, fetch, logger, timeout, maxRetries }),
    close: own?.close ?? (() => Promise.resolve()),
  };
}

function fromEnvironment(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}

function checkedKey(key: string | undefined, variable: string): string {
  const trimmed = key?.trim();
  if (!trimmed)
    throw new TerminalError('unauthorized', `There is no API key: pass \`apiKey\` or set ${variable}`);
  if (!isHeaderSafe(trimmed))
    throw new TerminalError(
      'unauthorized',
      `The API key holds spaces or characters that no key has: check ${variable}`,
    );
  return trimmed;
}

/** Without a slash at the end. The URL may hold a password, so no error repeats it. */
function checkedUrl(given: string, variable: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (
    !url ||
    (url.protocol !== 'http:' && url.protocol !== 'https:') ||
    url.username ||
    url.password ||
    url.search ||
    url.hash
  )
    throw new TerminalError(
      'bad-request',
      `${variable} must be an http(s) URL without credentials, query and fragment`,
    );
  return url.href.replace(/\/+$/, '');
}
