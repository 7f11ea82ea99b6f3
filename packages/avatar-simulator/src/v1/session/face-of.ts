import type { NewSessionRequest } from '@avatar-bridge/heygen-client';
import type { Face } from '../../avatar/avatar-media.ts';

/** The face that streaming.new asked for. */
export function faceOf(request: NewSessionRequest): Face {
  const { voice, language } = request;
  return {
    videoEncoding: request.video_encoding ?? 'VP8',
    quality: request.quality ?? 'low',
    ...(voice?.voice_id && { voiceId: voice.voice_id }),
    ...(voice?.rate !== undefined && { rate: voice.rate }),
    ...(language && { language }),
  };
}
