import { Agent, fetch as undiciFetch } from 'undici';

/** The part of `fetch` that the client uses: the global one fits, and so does a test's. */
export type Fetch = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    body?: string;
    signal: AbortSignal;
    redirect: 'manual';
  },
) => Promise<FetchResponse>;
export type FetchResponse = {
  status: number;
  headers: { get(name: string): string | null };
  text(): Promise<string>;
};

/**
 * A fetch with connections of its own. They stay open between the utterances of a conversation, which saves a
 * TLS handshake each; Node's global fetch closes them after 4 s. Common load balancers close theirs after 60
 * s: ours must go first, or a request meets a closing one.
 */
export function keepAliveFetch(): { fetch: Fetch; close: () => Promise<void> } {
  const dispatcher = new Agent({
    keepAliveTimeout: 50_000,
    keepAliveMaxTimeout: 50_000,
    connect: { timeout: 10_000 },
  });
  return {
    fetch: (url, init) => undiciFetch(url, { ...init, dispatcher }),
    close: () => dispatcher.destroy(),
  };
}

const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/**
 * What a failed fetch says of itself: a code such as ECONNRESET, and whether the request surely never left.
 */
export function describeFailure(error: unknown): { reason: string; unsent: boolean } {
  const codes = failureCodes(error, 0);
  const fallback = error instanceof Error ? error.name : typeof error;
  return {
    reason: codes[0] ?? fallback,
    unsent: codes.length > 0 && codes.every((code) => neverSent.has(code)),
  };
}

function failureCodes(error: unknown, depth: number): string[] {
  if (typeof error !== 'object' || error === null || depth > 4) return [];
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0)
    return error.errors.flatMap((e) => failureCodes(e, depth + 1));
  if ('code' in error && typeof error.code === 'string') return [error.code];
  return 'cause' in error ? failureCodes(error.cause, depth + 1) : [];
}
