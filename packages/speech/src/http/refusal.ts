import { RetryableSpeechError, type SpeechError, TerminalSpeechError } from '../errors.ts';

type Refusal = {
  /** `openai` or `elevenlabs`: in messages. */
  service: string;
  status: number;
  retryAfter: string | null;
  text: string;
  /** What no message may repeat. */
  secrets: readonly string[];
};

/** Longer than this nobody waits because a server says so, ms. */
const longestRetryAfterMs = 10_000;
const longestQuote = 300;

/** What an answer other than 200 means for whoever asked. */
export function readRefusal({ service, status, retryAfter, text, secrets }: Refusal): SpeechError {
  const { message, reason } = wordsOf(text);
  const quote = redact(message, secrets).slice(0, longestQuote);
  const said = `The speech service ${service} answered HTTP ${status}${quote && `: ${quote}`}`;
  if (/quota_exceeded|insufficient_quota|credit|payment/i.test(reason) || status === 402)
    return new TerminalSpeechError('no-credits', `${said}. Its account has no credits left`, { status });
  if (status === 401 || status === 403)
    return new TerminalSpeechError('unauthorized', `${said}. Check its API key`, { status });
  if (status === 429 || status === 425 || status === 409)
    return new RetryableSpeechError('rate-limited', said, { status, retryAfterMs: wait(retryAfter) });
  if (status === 408 || status >= 500)
    return new RetryableSpeechError('unavailable', said, { status, retryAfterMs: wait(retryAfter) });
  const hint =
    status >= 300 && status < 400
      ? '. It redirects: check its base URL'
      : status === 404
        ? '. Check its base URL, model and voice'
        : '';
  return new TerminalSpeechError('bad-request', said + hint, { status });
}

/** `{error: {message, code}}` (OpenAI), `{detail: {message, status}}` (ElevenLabs), `{detail: [{msg}]}` (FastAPI). */
function wordsOf(text: string): { message: string; reason: string } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { message: /^\s*</.test(text) ? 'a web page' : text.trim(), reason: '' };
  }
  const { error, detail, message } = fields(body);
  const inner = Array.isArray(detail) ? detail[0] : (error ?? detail);
  const { message: words, msg, code, type, status } = fields(inner);
  const first = [words, msg, inner, message].find((value): value is string => typeof value === 'string');
  const reason = [code, type, status].filter((value) => typeof value === 'string').join(' ');
  return { message: first ?? '', reason };
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= 4)
    .reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
}

function wait(header: string | null): number | undefined {
  if (header === null || !/^\s*\d+(\.\d+)?\s*$/.test(header)) return undefined;
  return Math.min(Number(header) * 1000, longestRetryAfterMs);
}
