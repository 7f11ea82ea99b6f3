import type { AvatarSettings } from '@avatar-bridge/contracts';
import type { NewSessionOptions } from '@avatar-bridge/heygen-client';

/** What streaming.new is asked for. The opening text and the language of speech recognition belong to the chat socket. */
export function sessionOptions(avatar: AvatarSettings): NewSessionOptions {
  const { voice, stt } = avatar;
  const hasVoice = voice.id !== undefined || voice.rate !== undefined || voice.emotion !== undefined;
  const hasStt = stt.provider !== undefined || stt.confidence !== undefined;
  return {
    avatarId: avatar.id,
    quality: avatar.quality,
    videoEncoding: avatar.videoEncoding,
    silenceResponse: avatar.silenceResponse,
    idleTimeoutSeconds: avatar.idleTimeoutSeconds,
    language: avatar.language,
    knowledgeBase: avatar.knowledgeBase,
    knowledgeBaseId: avatar.knowledgeBaseId,
    voice: hasVoice ? voice : undefined,
    stt: hasStt ? { provider: stt.provider, confidence: stt.confidence } : undefined,
  };
}
