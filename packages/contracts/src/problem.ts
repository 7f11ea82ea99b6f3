import { z } from 'zod';

/** RFC 9457 problem details: the body of every error. */
export const Problem = z.object({
  /** `urn:avatar-bridge:problem:<code>`. */
  type: z.string(),
  code: z.string(),
  title: z.string(),
  status: z.int(),
  /** Says what to do. */
  detail: z.string(),
  /** Whether the same request may succeed later. */
  retryable: z.boolean(),
  instance: z.string().optional(),
  /** The field and the rule, for bad input. */
  errors: z.array(z.object({ field: z.string(), rule: z.string() })).optional(),
  /** `no-slot`: how long a session would have to wait now, if it were let into the queue. */
  estimatedWaitSeconds: z.int().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** Every problem the API answers with: its HTTP status and its title. */
export const problems = {
  'bad-request': { status: 400, title: 'The request is not valid' },
  'not-json': { status: 400, title: 'The body is not JSON' },
  'missing-key': { status: 401, title: 'An API key is needed' },
  'wrong-role': { status: 403, title: 'The API key has not the needed role' },
  'missing-grant': { status: 403, title: 'The ticket does not allow this' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'unknown-session': { status: 404, title: 'There is no such session' },
  'unknown-message': { status: 404, title: 'There is no such message' },
  'method-not-allowed': { status: 405, title: 'This is not done here' },
  'session-ended': { status: 409, title: 'The session has ended' },
  'session-open': { status: 409, title: 'The session has not ended' },
  'message-begun': { status: 409, title: 'The message is being said, or is finished' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  unsupported: { status: 422, title: 'No worker can do this' },
  'idempotency-mismatch': { status: 422, title: 'The Idempotency-Key was used with another body' },
  'upgrade-required': { status: 426, title: 'This is a WebSocket' },
  'no-slot': { status: 429, title: 'Too many sessions wait for a slot' },
  'mailbox-full': { status: 429, title: 'The mailbox is full' },
  'not-ready': { status: 503, title: 'The process is not ready' },
  'store-unavailable': { status: 503, title: 'Redis is not reachable' },
  internal: { status: 500, title: 'Something broke' },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemCode = keyof typeof problems;

/** Builds the body of an error. */
export function problem(
  code: ProblemCode,
  detail: string,
  more: Pick<Problem, 'instance' | 'errors' | 'estimatedWaitSeconds'> = {},
): Problem {
  const { status, title } = problems[code];
  const retryable = status === 429 || status >= 500;
  return { type: `urn:avatar-bridge:problem:${code}`, code, title, status, detail, retryable, ...more };
}
