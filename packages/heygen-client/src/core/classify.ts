import { type HeyGenError, RetryableError, TerminalError } from './errors.ts';
import { readEnvelope } from './envelope.ts';
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

/** What a complaint means when its code or its status is among these, or its words match. */
export type Rule = {
  codes?: readonly (number | string)[];
  text?: RegExp;
  statuses?: readonly number[];
  make: (c: Complaint, said: string) => HeyGenError;
};

/** What the calls of one of the vendor's APIs have in common. */
export type Vendor = {
  /** As people call it. */
  name: string;
  /** Where it is when nobody says otherwise. */
  defaultUrl: string;
  /** The environment variables that hold the base URL and the API key. */
  urlVariable: string;
  keyVariable: string;
  /** The first rule that fits says what an answer means. */
  rules: readonly Rule[];
};

/** The error that an answer stands for. */
export function classify({ name, urlVariable, rules }: Vendor, complaint: Complaint): HeyGenError {
  const { status, vendorCode, vendorMessage, what } = complaint;
  const code = vendorCode === undefined ? '' : `, code ${vendorCode}`;
  const said = `HTTP ${status}${code}${vendorMessage && `: ${vendorMessage}`}`;
  // A gateway's page about an outage may hold any word, so words are only listened to below 500.
  const rule = rules.find(
    (r) =>
      r.codes?.some((code) => code === vendorCode) ||
      r.statuses?.includes(status) ||
      (status < 500 && r.text?.test(vendorMessage)) ||
      false,
  );
  if (rule) return rule.make(complaint, said);
  if (status >= 500) return retryable('unavailable', complaint, `${name} could not ${what} (${said})`, true);
  if (status >= 300 && status < 400)
    return terminal(
      'bad-response',
      complaint,
      `${name} answered with a redirect (${said}): check ${urlVariable}`,
    );
  return terminal('bad-request', complaint, `${name} refused to ${what} (${said})`);
}

/** The error that an answer stands for, from its parts. `secrets` are removed from the vendor's words. */
export function classifyBody(
  vendor: Vendor,
  { secrets, ...asked }: Asked & { secrets: readonly (string | undefined)[] },
  status: number,
  headers: Headers,
  text: string,
): HeyGenError {
  const body = parseJson(text);
  const content = readEnvelope(body);
  const wait = retryAfter(headers);
  return classify(vendor, {
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

export function terminal(code: TerminalError['code'], complaint: Complaint, message: string): TerminalError {
  return new TerminalError(code, message, details(complaint));
}

export function retryable(
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
