import { z } from 'zod';
import { lenient } from './lenient.ts';

/**
 * What every answer is wrapped in: `{"code":100,"data":{…},"message":"success"}` (vendor's OpenAPI and
 * samples). create_token's page shows `{"error":null,"data":{…}}` instead, and start and stop may answer
 * `{"status":…}` with no data, so nothing of it is required.
 */
export const Envelope = z.looseObject({
  code: lenient(z.union([z.number(), z.string()])),
  message: lenient(z.string()),
  data: z.unknown().optional(),
  error: z.unknown().optional(),
  /**
   * Unsupported media types and failed validation answer with `detail` alone (seen in the vendor's demo's
   * issues).
   */
  detail: z.unknown().optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** The code of an answer that went well. */
export const successCode = 100;

/** What an envelope says: the data, or the vendor's complaint. */
export type EnvelopeContent =
  | { ok: true; data: unknown }
  | { ok: false; code?: number | string; message: string };

/** LiveAvatar says 1000 where v1 says 100; 0 and 200 are never errors with anybody. */
const successCodes = new Set([successCode, 1_000, 0, 200]);

/**
 * Reads an answer, whatever its shape. Without a code and an error it went well: the HTTP status has the last
 * word then. `data` is the body itself when nothing is wrapped.
 */
export function readEnvelope(body: unknown): EnvelopeContent {
  const parsed = Envelope.safeParse(body);
  if (!parsed.success) return { ok: true, data: body };
  const { code: rawCode, message, data, error, detail } = parsed.data;
  const nested = Envelope.safeParse(error);
  const code = numeric(rawCode) ?? (nested.success ? numeric(nested.data.code) : undefined);
  const failed =
    (code !== undefined && !successCodes.has(Number(code))) ||
    (error !== undefined && error !== null && error !== false);
  if (failed || (data === undefined && detail !== undefined && code === undefined)) {
    const words = [nested.success ? nested.data.message : error, message, detail].find(
      (w) => w !== undefined && w !== null && w !== '',
    );
    return { ok: false, ...(code !== undefined && { code }), message: inWords(words) };
  }
  return { ok: true, data: 'data' in parsed.data ? data : body };
}

function numeric(code: number | string | undefined): number | string | undefined {
  return typeof code === 'string' && /^\d+$/.test(code) ? Number(code) : code;
}

function inWords(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  const failures = z.array(ValidationIssue).safeParse(value);
  return failures.success ? failures.data.map(issueInWords).join('; ') : JSON.stringify(value);
}

/** FastAPI's word for a field that does not fit. */
const ValidationIssue = z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string() });

function issueInWords({ loc, msg }: z.infer<typeof ValidationIssue>): string {
  const field = loc.filter((part, at) => at > 0 || (part !== 'body' && part !== 'query')).join('.');
  return field === '' ? msg : `${field}: ${msg}`;
}
