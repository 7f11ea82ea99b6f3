import type * as wire from './wire/index.ts';

export type PageOptions = {
  /** From 1. */
  page?: number;
  /** Up to 100; the vendor's default is 20. */
  pageSize?: number;
};

export type Page<T> = {
  items: T[];
  /** Of all pages. */
  total: number | undefined;
  /** What to pass as `page` for the next one; undefined on the last. */
  nextPage: number | undefined;
};

export type ListOptions = PageOptions & {
  /** Default `active`. */
  type?: 'active' | 'historic';
  avatarId?: string;
  contextId?: string;
};

export type SessionInfo = {
  sessionId: string;
  /** `FULL` or `LITE`. */
  mode: string | undefined;
  sandbox: boolean | undefined;
  /** DEMO, APP, API or EMBED. */
  source: string | undefined;
  /** Epoch ms. */
  createdAt: number | undefined;
  durationMs: number | undefined;
  creditsConsumed: number | undefined;
  /** Of ended sessions. Epoch ms. */
  endedAt: number | undefined;
  endReason: string | undefined;
};

export type Transcript = {
  active: boolean | undefined;
  /** Pass it as `from` for what comes later. */
  next: number | undefined;
  /** Times are the vendor's, whose unit is not documented. */
  entries: { role: 'user' | 'avatar'; text: string; at: number | undefined }[];
};

export type AvatarInfo = {
  avatarId: string;
  name: string | undefined;
  /** `ACTIVE` when it can be used. */
  status: string | undefined;
  previewUrl: string | undefined;
  defaultVoiceId: string | undefined;
  expired: boolean | undefined;
  is1080p: boolean | undefined;
};

export type VoiceInfo = {
  voiceId: string;
  name: string | undefined;
  language: string | undefined;
  gender: string | undefined;
  tags: string[];
};

/** What the vendor's LLM knows and says first. */
export type ContextOptions = {
  name: string;
  prompt: string;
  /** Spoken as soon as the room connects. */
  openingText: string;
  links?: { url: string; faq: string }[];
};

export type ContextInfo = {
  contextId: string;
  name: string | undefined;
  /** The list holds neither prompt nor openingText. */
  prompt: string | undefined;
  openingText: string | undefined;
};

export function pageQuery({ page, pageSize }: PageOptions): wire.PageQuery {
  return { page, page_size: pageSize };
}

export function pageOf<W, T>(
  body: { results: W[]; count?: number | undefined; next?: string | undefined },
  asked: PageOptions,
  convert: (entry: W) => T,
): Page<T> {
  // An empty page is the last one, whatever it says: nobody shall turn pages for ever.
  const nextPage = body.next && body.results.length > 0 ? (asked.page ?? 1) + 1 : undefined;
  return { items: body.results.map(convert), total: body.count, nextPage };
}

export function sessionInfo(entry: wire.ListedSession): SessionInfo {
  return {
    sessionId: entry.id,
    mode: entry.mode,
    sandbox: entry.is_sandbox,
    source: entry.source,
    createdAt: epochMs(entry.created_at),
    durationMs: entry.duration === undefined ? undefined : entry.duration * 1_000,
    creditsConsumed: entry.credits_consumed,
    endedAt: epochMs(entry.end_at),
    endReason: entry.end_reason,
  };
}

export function transcript(body: wire.TranscriptResponse): Transcript {
  const entries = body.transcript_data.map((entry) => ({
    role: entry.role,
    text: entry.transcript,
    at: entry.absolute_timestamp,
  }));
  return { active: body.session_active, next: body.next_timestamp, entries };
}

export function avatarInfo(avatar: wire.Avatar): AvatarInfo {
  return {
    avatarId: avatar.id,
    name: avatar.name,
    status: avatar.status,
    previewUrl: avatar.preview_url,
    defaultVoiceId: avatar.default_voice?.id,
    expired: avatar.is_expired,
    is1080p: avatar.is_1080p,
  };
}

export function voiceInfo({ id, name, language, gender, tags }: wire.Voice): VoiceInfo {
  return { voiceId: id, name, language, gender, tags };
}

export function contextInfo(context: wire.Context): ContextInfo {
  const { id, name, prompt, opening_text: openingText } = context;
  return { contextId: id, name, prompt, openingText };
}

export function contextRequest({ name, prompt, openingText, links }: ContextOptions): wire.ContextRequest {
  return { name, prompt, opening_text: openingText, links };
}

function epochMs(time: string | undefined): number | undefined {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? undefined : at;
}
