import { durationTooLong, sandboxAvatarId, type TokenRequest } from '@avatar-bridge/heygen-client/liveavatar';
import type { Face } from '../../avatar/avatar-media.ts';
import { findAvatar } from '../catalogue.ts';
import { LiveAvatarFailure } from '../http/failure.ts';
import type { LiveAvatarLimits } from '../limits.ts';
import type { SessionSettings } from './session-settings.ts';

/** The session that was asked for. Throws what the vendor answers when it can't be had. */
export function readSettings(request: TokenRequest, limits: LiveAvatarLimits): SessionSettings {
  const { avatar_id: avatarId, is_sandbox: sandbox = false, max_session_duration: asked } = request;
  if (sandbox && avatarId.toLowerCase() !== sandboxAvatarId) throw LiveAvatarFailure.of('sandboxAvatar');
  if (!findAvatar(avatarId)) throw LiveAvatarFailure.from({ status: 404, message: 'Avatar not found' });
  const limit = sandbox ? limits.sandboxDuration : limits.maxSessionDuration;
  if (asked !== undefined && asked > limit) throw LiveAvatarFailure.from(durationTooLong(asked, limit));
  const common = { avatarId, sandbox, maxSessionDuration: asked ?? limit };
  return request.mode === 'FULL'
    ? { ...common, ...fullSettings(request) }
    : { ...common, ...liteSettings(request) };
}

type Full = Extract<TokenRequest, { mode: 'FULL' }>;
type Lite = Extract<TokenRequest, { mode: 'LITE' }>;
type ModeSettings = Omit<SessionSettings, 'avatarId' | 'sandbox' | 'maxSessionDuration'>;

function fullSettings(request: Full): ModeSettings {
  const { avatar_persona: persona, voice_agent: agent, dynamic_variables: variables } = request;
  if (agent && variables) {
    const message = 'dynamic_variables belong inside voice_agent';
    throw LiveAvatarFailure.from({ status: 400, code: 4_000, message });
  }
  const language = persona?.language ?? agent?.language;
  const rate = persona?.voice_settings?.speed;
  return {
    mode: 'FULL',
    place: { kind: 'own' },
    face: {
      ...faceOf(request),
      ...(persona?.voice_id && { voiceId: persona.voice_id }),
      ...(rate !== undefined && { rate }),
      ...(language && { language }),
    },
    ...(persona?.voice_id && { voiceId: persona.voice_id }),
    ...(persona?.context_id && { contextId: persona.context_id }),
    voiceAgent: agent !== undefined,
    ...(request.memory?.prev_session_id && { previousSessionId: request.memory.prev_session_id }),
    dynamicVariables: agent?.dynamic_variables ?? variables ?? {},
    pushToTalk: request.interactivity_type === 'PUSH_TO_TALK',
  };
}

function liteSettings(request: Lite): ModeSettings {
  const { livekit_config: livekit } = request;
  return {
    mode: 'LITE',
    place: livekit
      ? { kind: 'handed', url: livekit.livekit_url, token: livekit.livekit_client_token }
      : { kind: 'own' },
    face: faceOf(request),
    voiceAgent: false,
    dynamicVariables: {},
    pushToTalk: false,
  };
}

/** There are no pictures of 1080p. */
function faceOf(request: Full | Lite): Face {
  const { quality, encoding } = request.video_settings ?? {};
  const asked = quality ?? ('video_quality' in request ? request.video_quality : undefined) ?? 'high';
  return { videoEncoding: encoding ?? 'H264', quality: asked === 'very_high' ? 'high' : asked };
}
