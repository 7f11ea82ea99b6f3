import { type HeyGenError, RetryableError, TerminalError } from '../core/errors.ts';
import { readEnvelope, vendorErrors } from '../wire/index.ts';
import { redact } from './redact.ts';
import { type Headers, retryAfter } from './retry-timing.ts';

/** What was asked. */
export type Asked = {
  /** The call, in words: `create a session`. */
  what: string;
  /** Which credential was sent. */
  credential: 'key' | 'token';
};

/** An answer that was no success, reduced to what decides what it means. */
export type Complaint = Asked & {
  status: number;
  vendorCode?: number | string;
  /** The vendor's words, credentials removed. */
  vendorMessage: string;
  retryAfter?: number;
};

type Rule = {
  codes?: readonly number[];
  text?: RegExp;
  statuses?: readonly number[];
  make: (c: Complaint, said: string) => HeyGenError;
};

const {
  unauthorized,
  wrongState,
  forbidden,
  noApiAccess,
  avatarNotAllowed,
  avatarDeprecated,
  sessionUnknown,
  concurrencyLimit,
} = vendorErrors;

/** The first rule that fits says what it means. Codes of LiveAvatar stand beside those of v1; a number alone is rarely confirmed, so words count as well. */
const rules: readonly Rule[] = [
  {
    codes: [concurrencyLimit.code, 10004, 4003],
    text: /concurren/i,
    make: (c, said) =>
      retryable(
        'concurrency-limit',
        c,
        `The HeyGen account has no free session (${said}): close one, or wait until one is stopped`,
      ),
  },
  {
    codes: [wrongState.code],
    text: /not in (the )?correct state/i,
    make: (c, said) =>
      retryable(
        'not-ready',
        c,
        `HeyGen could not ${c.what} (${said}): the avatar's tracks are not up yet, or the session is closed`,
      ),
  },
  {
    codes: [unauthorized.code, 4010],
    statuses: [401],
    make: (c, said) =>
      terminal(
        'unauthorized',
        c,
        c.credential === 'key'
          ? `HeyGen refused the API key (${said}): set HEYGEN_API_KEY to a valid key of app.heygen.com; keys of LiveAvatar don't work here`
          : `HeyGen refused the session token (${said}): each token is for one session, and expires`,
      ),
  },
  {
    statuses: [429],
    text: /rate limit|too many requests/i,
    make: (c, said) =>
      retryable('rate-limited', c, `HeyGen could not ${c.what} (${said}): too many requests`),
  },
  {
    codes: [sessionUnknown.code],
    text: /invalid session\b|session\b.*\b(not found|closed|expired|ended|does(n't| not) exist)/i,
    statuses: [410],
    make: (c, said) =>
      terminal('session-closed', c, `HeyGen could not ${c.what} (${said}): the session is gone`),
  },
  {
    codes: [avatarNotAllowed.code, avatarDeprecated.code, 400014],
    text: /\bavatar\b/i,
    make: (c, said) =>
      terminal(
        'unknown-avatar',
        c,
        `HeyGen could not ${c.what} (${said}): choose an interactive avatar that this account may use`,
      ),
  },
  {
    codes: [forbidden.code, noApiAccess.code],
    statuses: [403],
    make: (c, said) => terminal('forbidden', c, `HeyGen does not let this account ${c.what} (${said})`),
  },
  {
    statuses: [408],
    make: (c, said) => retryable('unavailable', c, `HeyGen could not ${c.what} (${said})`, true),
  },
];

/** The error that an answer stands for. */
export function classify(complaint: Complaint): HeyGenError {
  const { status, vendorCode, vendorMessage, what } = complaint;
  const said = `HTTP ${status}${vendorCode === undefined ? '' : `, code ${vendorCode}`}${vendorMessage && `: ${vendorMessage}`}`;
  // A gateway's page about an outage may hold any word, so words are only listened to below 500.
  const rule = rules.find(
    (r) =>
      r.codes?.some((code) => code === vendorCode) ||
      r.statuses?.includes(status) ||
      (status < 500 && r.text?.test(vendorMessage)) ||
      false,
  );
  if (rule) return rule.make(complaint, said);
  if (status >= 500) return retryable('unavailable', complaint, `HeyGen could not ${what} (${said})`, true);
  if (status >= 300 && status < 400)
    return terminal(
      'bad-response',
      complaint,
      `HeyGen answered with a redirect (${said}): check HEYGEN_BASE_URL`,
    );
  return terminal('bad-request', complaint, `HeyGen refused to ${what} (${said})`);
}

/** The error that an answer stands for, from its parts. `secrets` are removed from the vendor's words. */
export function classifyBody(
  { secrets, ...asked }: Asked & { secrets: readonly (string | undefined)[] },
  status: number,
  headers: Headers,
  text: string,
): HeyGenError {
  const body = parseJson(text);
  const content = readEnvelope(body);
  const wait = retryAfter(headers);
  return classify({
    ...asked,
    status,
    ...(!content.ok && content.code !== undefined && { vendorCode: content.code }),
    vendorMessage: redact(content.ok ? messageOf(body) : content.message, secrets).slice(0, 500),
    ...(wait !== undefined && { retryAfter: wait }),
  });
}

/** undefined when it isn't JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function messageOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'
    ? body.message
    : '';
}

function details({ status, vendorCode, vendorMessage }: Complaint) {
  return { status, ...(vendorCode !== undefined && { vendorCode }), ...(vendorMessage && { vendorMessage }) };
}

function terminal(code: TerminalError['code'], complaint: Complaint, message: string): TerminalError {
  return new TerminalError(code, message, details(complaint));
}

function retryable(
  code: RetryableError['code'],
  complaint: Complaint,
  message: string,
  uncertain = false,
): RetryableError {
  const { retryAfter } = complaint;
  return new RetryableError(code, message, {
    ...details(complaint),
    uncertain,
    ...(retryAfter !== undefined && { retryAfter }),
  });
}
