import { z } from 'zod';
import { lenient, lenientArray, Text } from '../../core/lenient.ts';

/**
 * GET /v1/streaming.list: the sessions that are open now. `created_at` is epoch seconds (unconfirmed unit).
 */
export const ListedSession = z.looseObject({
  session_id: Text,
  /** `new`, `connecting` or `connected`. */
  status: lenient(z.string()),
  created_at: lenient(z.number()),
});
export type ListedSession = z.infer<typeof ListedSession>;
export const ListResponse = z.looseObject({ sessions: lenientArray(ListedSession) });
export type ListResponse = z.infer<typeof ListResponse>;

/** GET /v2/streaming.list: the sessions of the past, too, a page at a time. */
export const HistoryQuery = z.object({
  page: z.number().optional(),
  page_size: z.number().optional(),
  next_pagination_token: z.string().optional(),
  status: z.string().optional(),
  /** The names of the date filters are unconfirmed. */
  date_from: z.string().optional(),
  date_to: z.string().optional(),
});
export type HistoryQuery = z.infer<typeof HistoryQuery>;
export const HistorySession = z.looseObject({
  session_id: Text,
  status: lenient(z.string()),
  created_at: lenient(z.number()),
  api_key_type: lenient(z.string()),
  /** Seconds. */
  duration: lenient(z.number()),
  avatar_id: lenient(z.string()),
  voice_name: lenient(z.string()),
});
export type HistorySession = z.infer<typeof HistorySession>;
/** Not in an envelope: `data` is the page's array itself. */
export const HistoryResponse = z.looseObject({
  total: lenient(z.number()),
  page: lenient(z.number()),
  page_size: lenient(z.number()),
  next_pagination_token: lenient(z.string()),
  data: lenientArray(HistorySession),
});
export type HistoryResponse = z.infer<typeof HistoryResponse>;

/** GET /v1/streaming/avatar.list. */
export const Avatar = z.looseObject({
  avatar_id: Text,
  created_at: lenient(z.number()),
  default_voice: lenient(z.string()),
  is_public: lenient(z.boolean()),
  normal_preview: lenient(z.string()),
  pose_name: lenient(z.string()),
  status: lenient(z.string()),
});
export type Avatar = z.infer<typeof Avatar>;
export const AvatarListResponse = lenientArray(Avatar);
export type AvatarListResponse = z.infer<typeof AvatarListResponse>;

/** GET /v1/streaming/knowledge_base/list and friends (medium confidence throughout). */
export const KnowledgeBase = z.looseObject({
  id: Text,
  name: lenient(z.string()),
  /** Said first. */
  opening: lenient(z.string()),
  prompt: lenient(z.string()),
});
export type KnowledgeBase = z.infer<typeof KnowledgeBase>;
export const KnowledgeBaseListResponse = z.looseObject({ list: lenientArray(KnowledgeBase) });
export type KnowledgeBaseListResponse = z.infer<typeof KnowledgeBaseListResponse>;
/**
 * POST /v1/streaming/knowledge_base/create, and /v1/streaming/knowledge_base/{id} to update: all three are
 * mandatory in both.
 */
export const KnowledgeBaseRequest = z.object({ name: z.string(), opening: z.string(), prompt: z.string() });
export type KnowledgeBaseRequest = z.infer<typeof KnowledgeBaseRequest>;
