import { z } from 'zod';
import { Flag, given, lenient, lenientArray, Numeric, Text } from '../../core/lenient.ts';
import { Id } from './token.ts';

/** POST /v1/sessions/start: no body; one client sends `{}`, another `{session_id}`. */
export const StartRequest = z.object({ session_id: given(Id) });
export type StartRequest = z.infer<typeof StartRequest>;

/** Answered with HTTP 201. */
export const StartResponse = z.looseObject({
  session_id: Text,
  /** Null when the avatar joins a room of ours (medium confidence). */
  livekit_url: lenient(z.string()),
  livekit_client_token: lenient(z.string()),
  livekit_agent_token: lenient(z.string()),
  /** Seconds until the vendor ends the session. 1200 in samples, 120 on the free plan, 60 in the sandbox. */
  max_session_duration: lenient(Numeric),
  /**
   * LITE only: where sound and commands go. A FULL answer must not hold it, or the vendor's web SDK takes it
   * for LITE.
   */
  ws_url: lenient(z.string()),
});
export type StartResponse = z.infer<typeof StartResponse>;

/** Why a session ended. Source: OpenAPI of 2026-08. */
export const EndReason = z.enum([
  'UNKNOWN',
  'USER_DISCONNECTED',
  'SERVER_ERROR',
  'IDLE_TIMEOUT',
  'NO_CREDITS',
  'USER_CLOSED',
  'AVATAR_DELETED',
  'MAX_DURATION_REACHED',
  'ZOMBIE_SESSION_REAP',
  'AGENT_HANG_UP',
  'DISPATCH_FAILED',
]);
export type EndReason = z.infer<typeof EndReason>;

/** POST /v1/sessions/stop. The web SDK sends a session token and no body at all. */
export const StopRequest = z.object({ session_id: given(Id), reason: given(EndReason) });
export type StopRequest = z.infer<typeof StopRequest>;

/**
 * POST /v1/sessions/keep-alive. The web SDK sends a session token and no body; with an API key an empty body
 * is a 400.
 */
export const KeepAliveRequest = z.object({ session_id: given(Id) });
export type KeepAliveRequest = z.infer<typeof KeepAliveRequest>;

/** What lists are asked with: pages from 1, up to 100 entries each (default 20). */
export const PageQuery = z.object({
  page: given(Numeric.pipe(z.number().int().min(1))),
  page_size: given(Numeric.pipe(z.number().int().min(1).max(100))),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** What lists answer; entries that make no sense are left out. */
export function page<T extends z.ZodType>(entry: T) {
  return z.looseObject({
    count: lenient(Numeric),
    results: lenientArray(entry),
    next: lenient(z.string()),
    previous: lenient(z.string()),
  });
}

/** GET /v1/sessions. */
export const ListQuery = PageQuery.extend({
  type: z.enum(['active', 'historic']),
  avatar_id: given(z.string()),
  embed_id: given(z.string()),
  context_id: given(z.string()),
});
export type ListQuery = z.infer<typeof ListQuery>;

/** An entry of the list, and what GET /v1/sessions/{id} answers. Times are ISO 8601. */
export const ListedSession = z.looseObject({
  id: Text,
  created_at: lenient(z.string()),
  updated_at: lenient(z.string()),
  /** Seconds. */
  duration: lenient(Numeric),
  /** DEMO, APP, API or EMBED. */
  source: lenient(z.string()),
  /** FULL or LITE. */
  mode: lenient(z.string()),
  is_sandbox: lenient(Flag),
  credits_consumed: lenient(Numeric),
  /** Of ended sessions only. */
  end_at: lenient(z.string()),
  end_reason: lenient(z.string()),
});
export type ListedSession = z.infer<typeof ListedSession>;
export const ListResponse = page(ListedSession);
export type ListResponse = z.infer<typeof ListResponse>;

/** GET /v1/sessions/{id}/transcript. The unit of the timestamps is not documented. */
export const TranscriptQuery = z.object({
  start_timestamp: given(Numeric.pipe(z.number().int())),
  end_timestamp: given(Numeric.pipe(z.number().int())),
});
export type TranscriptQuery = z.infer<typeof TranscriptQuery>;
export const TranscriptEntry = z.looseObject({
  role: z.enum(['user', 'avatar']),
  transcript: z.string(),
  absolute_timestamp: lenient(Numeric),
  relative_timestamp: lenient(Numeric),
});
export type TranscriptEntry = z.infer<typeof TranscriptEntry>;
/** FULL sessions only: of LITE ones the vendor keeps none (vendor's support material). */
export const TranscriptResponse = z.looseObject({
  session_active: lenient(Flag),
  next_timestamp: lenient(Numeric),
  transcript_data: lenientArray(TranscriptEntry),
});
export type TranscriptResponse = z.infer<typeof TranscriptResponse>;
