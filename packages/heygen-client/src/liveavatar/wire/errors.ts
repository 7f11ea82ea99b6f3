import { z } from 'zod';
import { lenientArray, Text } from '../../core/lenient.ts';

/** An error of the vendor as it was seen: what a test double answers, and what a client recognises. */
export type LiveAvatarError = {
  /** HTTP status. */
  status: number;
  code?: number;
  message: string;
  /**
   * `high`: vendor's documentation or several independent reports; `medium`: one report; `low`: a part is a
   * guess.
   */
  confidence: 'high' | 'medium' | 'low';
};

/** The vendor's errors by what they mean. The complete list is not public. */
export const liveAvatarErrors = {
  /** Words and status are assumed. */
  validation: { status: 400, code: 4000, message: 'Validation error', confidence: 'medium' },
  /** A wrong API key or session token. The words are assumed. */
  unauthorized: { status: 401, code: 4010, message: 'Invalid credentials', confidence: 'medium' },
  /**
   * /start without a session token: what FastAPI says then, as `detail`. The status was seen, the words were
   * not.
   */
  tokenMissing: { status: 403, message: 'Not authenticated', confidence: 'medium' },
  concurrencyLimit: {
    status: 403,
    code: 4003,
    message: 'Session concurrency limit reached',
    confidence: 'high',
  },
  /** At /token or /start. Code and words were seen in four applications, the status was not. */
  noCredits: { status: 403, code: 4033, message: 'Insufficient credits for session', confidence: 'low' },
  /** At /token. */
  sandboxAvatar: {
    status: 400,
    message: 'This avatar is not supported in sandbox mode',
    confidence: 'high',
  },
  /** At /start: /token does not look at the voice. The status is assumed. */
  voiceNotFound: { status: 404, message: 'Voice not found', confidence: 'low' },
  sessionNotFound: { status: 404, message: 'Session not found', confidence: 'medium' },
  /** A fixed window of one second per credential and endpoint, with `Retry-After`. The words are assumed. */
  rateLimited: { status: 429, message: 'Too many requests', confidence: 'medium' },
  /** /start of a session whose `livekit_client_token` lacks canPublishData. The words are assumed. */
  cannotPublishData: { status: 500, message: 'Internal server error', confidence: 'high' },
} as const satisfies Record<string, LiveAvatarError>;
export type LiveAvatarErrorName = keyof typeof liveAvatarErrors;

/**
 * At /token, when `max_session_duration` is over the plan's limit (seen in the sandbox, medium confidence).
 * Seconds.
 */
export function durationTooLong(asked: number, limit: number): LiveAvatarError {
  const message = `max_session_duration (${asked}s) exceeds the maximum allowed (${limit}s)`;
  return { status: 400, message, confidence: 'medium' };
}

/** The words of the 422 for a FULL token with none or both of the two (seen by three applications). */
export const onePersonaRule = 'Provide exactly one of avatar_persona or voice_agent';

/** The body of a 422: FastAPI's, without an envelope. `loc` begins with `body` or `query`. */
export const ValidationFailure = z.looseObject({
  detail: lenientArray(
    z.looseObject({ loc: lenientArray(z.union([z.string(), z.number()])), msg: Text, type: z.string() }),
  ),
});
export type ValidationFailure = z.infer<typeof ValidationFailure>;
