import { type OfferedProviders, type SessionProvider, SessionRequest } from '@avatar-bridge/contracts';
import type { NewSessionRequest } from '@avatar-bridge/heygen-client';
import { V1Failure } from './v1-failure.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** What v1 takes when a request says nothing. */
const defaults = {
  avatar: 'default',
  quality: 'low',
  videoEncoding: 'VP8',
  idleTimeoutSeconds: 120,
} as const;
/** The longest that v1 lets a session be idle; also of one that asked for no timeout. */
const longestIdleSeconds = 3_599;

/**
 * The session that a request of v1 asks for. `offers`: what the workers can put on a stage, if they have said so. Throws a
 * V1Failure when the request cannot be met.
 */
export function sessionRequestOf(
  v1: NewSessionRequest,
  offers: OfferedProviders | undefined,
): SessionRequest {
  const avatarId = v1.avatar_id || v1.avatar_name || defaults.avatar;
  const providers = offers && providersFor(avatarId, offers);
  if (providers?.length === 0) throw V1Failure.of('avatarNotAllowed');
  const foreign = providers !== undefined;
  const voiceId = known(v1.voice?.voice_id, foreign);
  const knowledgeBaseId = known(v1.knowledge_base_id, foreign);
  const { provider, confidence } = v1.stt_settings ?? {};
  const request = SessionRequest.safeParse({
    avatar: {
      id: avatarId,
      voice: {
        ...(voiceId && { id: voiceId }),
        ...(v1.voice?.rate !== undefined && { rate: v1.voice.rate }),
        ...(v1.voice?.emotion && { emotion: v1.voice.emotion }),
      },
      quality: v1.quality ?? defaults.quality,
      videoEncoding: v1.video_encoding ?? defaults.videoEncoding,
      ...(v1.language && { language: v1.language }),
      ...(v1.knowledge_base && { knowledgeBase: v1.knowledge_base }),
      ...(knowledgeBaseId && { knowledgeBaseId }),
      silenceResponse: v1.silence_response ?? false,
      stt: { ...(provider && { provider }), ...(confidence !== undefined && { confidence }) },
      idleTimeoutSeconds: idleSeconds(v1),
    },
    ...(providers && { providers }),
    metadata: { 'opened-through': 'v1-door' },
  });
  if (request.success) return request.data;
  throw V1Failure.invalid(
    request.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
  );
}

function idleSeconds({ disable_idle_timeout, activity_idle_timeout }: NewSessionRequest): number {
  if (disable_idle_timeout) return longestIdleSeconds;
  return Math.min(Math.round(activity_idle_timeout ?? defaults.idleTimeoutSeconds), longestIdleSeconds);
}

/**
 * Undefined where the workers' own order serves as it is. Avatars of LiveAvatar have other ids than those of v1: its
 * providers show their default avatar, if they have one.
 */
function providersFor(avatarId: string, { offered, order }: OfferedProviders): SessionProvider[] | undefined {
  const inOrder = order.flatMap((name) => offered.find((provider) => provider.name === name) ?? []);
  if (uuid.test(avatarId) || avatarId === defaults.avatar || !inOrder.some(({ uuidAvatars }) => uuidAvatars))
    return undefined;
  return inOrder.flatMap(({ name, uuidAvatars, defaultAvatar }): SessionProvider[] => {
    if (!uuidAvatars) return [{ name }];
    return defaultAvatar ? [{ name, avatarId: defaults.avatar }] : [];
  });
}

/** Ids of voices and knowledge bases that cannot be LiveAvatar's are left out where one of its providers may come first. */
function known(id: string | undefined, foreign: boolean): string | undefined {
  return id && (!foreign || uuid.test(id)) ? id : undefined;
}
