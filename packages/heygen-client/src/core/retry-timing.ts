/** The first pause before a retry, ms; each further one is twice as long. */
const firstPause = 500;
const longestPause = 8_000;
/** Longer than this nobody waits because a server says so, ms. */
const longestRetryAfter = 60_000;

export type Headers = { get(name: string): string | null };

/**
 * How long the server wants us to wait, ms: `retry-after-ms`, or `retry-after` in seconds or as a date.
 * Undefined when it says nothing usable or more than a minute.
 */
export function retryAfter(headers: Headers, now = Date.now()): number | undefined {
  const wait =
    milliseconds(headers.get('retry-after-ms')) ??
    seconds(headers.get('retry-after')) ??
    date(headers.get('retry-after'), now);
  return wait !== undefined && wait <= longestRetryAfter ? wait : undefined;
}

/**
 * The pause before retry number `retry` (0 for the first), ms: exponential, up to a quarter shorter at
 * random.
 */
export function backoff(retry: number, random = Math.random): number {
  return Math.min(firstPause * 2 ** retry, longestPause) * (1 - random() / 4);
}

function milliseconds(header: string | null): number | undefined {
  if (!header || !/^\s*\d+(\.\d+)?\s*$/.test(header)) return undefined;
  return Number(header);
}

function seconds(header: string | null): number | undefined {
  const value = milliseconds(header);
  return value === undefined ? undefined : value * 1_000;
}

function date(header: string | null, now: number): number | undefined {
  // A sign or a bare word parses as a date, too: a real one has a weekday or a year's dashes.
  if (!header || !/^[A-Za-z]{3}|^\d{4}-/.test(header.trim())) return undefined;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
