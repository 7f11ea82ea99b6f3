import type * as wire from './wire/index.ts';

/** A session that is open now. */
export type OpenSession = {
  sessionId: string;
  /** `new`, `connecting` or `connected`. */
  status: string | undefined;
  /** Epoch ms. */
  createdAt: number | undefined;
};

/** A session of the past, or of now. */
export type PastSession = OpenSession & {
  apiKeyType: string | undefined;
  /** ms */
  duration: number | undefined;
  avatarId: string | undefined;
  voiceName: string | undefined;
};

/** `status` and the dates go to the vendor as they are; the dates' names are unconfirmed. */
export type HistoryOptions = {
  page?: number;
  pageSize?: number;
  paginationToken?: string;
  status?: string;
  from?: string;
  to?: string;
};
export type HistoryPage = {
  sessions: PastSession[];
  total: number | undefined;
  nextPaginationToken: string | undefined;
};

export type AvatarInfo = {
  avatarId: string;
  poseName: string | undefined;
  defaultVoice: string | undefined;
  previewUrl: string | undefined;
  isPublic: boolean | undefined;
  status: string | undefined;
  /** Epoch ms. */
  createdAt: number | undefined;
};

export function openSession(listed: wire.ListedSession): OpenSession {
  return { sessionId: listed.session_id, status: listed.status, createdAt: epochMs(listed.created_at) };
}

export function historyPage(page: wire.HistoryResponse): HistoryPage {
  const sessions = page.data.map((s) => ({
    ...openSession(s),
    apiKeyType: s.api_key_type,
    duration: s.duration === undefined ? undefined : s.duration * 1_000,
    avatarId: s.avatar_id,
    voiceName: s.voice_name,
  }));
  return { sessions, total: page.total, nextPaginationToken: page.next_pagination_token };
}

export function avatarInfo(avatar: wire.Avatar): AvatarInfo {
  return {
    avatarId: avatar.avatar_id,
    poseName: avatar.pose_name,
    defaultVoice: avatar.default_voice,
    previewUrl: avatar.normal_preview,
    isPublic: avatar.is_public,
    status: avatar.status,
    createdAt: epochMs(avatar.created_at),
  };
}

/** The vendor's times are in seconds in every sample; milliseconds would be a time after the year 5000. */
function epochMs(time: number | undefined): number | undefined {
  return time === undefined || time > 1e11 ? time : time * 1_000;
}
