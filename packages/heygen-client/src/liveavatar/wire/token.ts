import { z } from 'zod';
import { Flag, given, Numeric, Text } from '../../core/lenient.ts';
import { onePersonaRule } from './errors.ts';

/** Ids are UUIDs; the vendor's FastAPI takes any version of them. */
export const Id = z.guid();

/** low 360p, medium 480p, high 720p (the default), very_high 1080p (inferred from `is_1080p` of avatars). */
export const VideoQuality = z.enum(['very_high', 'high', 'medium', 'low']);
export type VideoQuality = z.infer<typeof VideoQuality>;
/** H264 is the default; one client's comment says that VP8 is deprecated. */
export const VideoEncoding = z.enum(['H264', 'VP8']);
export type VideoEncoding = z.infer<typeof VideoEncoding>;
export const VideoSettings = z.object({ quality: given(VideoQuality), encoding: given(VideoEncoding) });

const speed = given(Numeric.pipe(z.number().min(0.8).max(1.2)));
const share = given(Numeric.pipe(z.number().min(0).max(1)));

export const ElevenLabsVoiceSettings = z.object({
  /** May be left out: the documentation's example does. */
  provider: given(z.literal('elevenLabs')),
  speed,
  stability: share,
  similarity_boost: share,
  style: share,
  use_speaker_boost: given(Flag),
  model: given(z.enum(['eleven_flash_v2_5', 'eleven_multilingual_v2'])),
  apply_language_text_normalization: given(Flag),
});
export const FishVoiceSettings = z.object({
  provider: z.literal('fish'),
  speed,
  model: given(z.enum(['s1', 's2'])),
  latency_mode: given(z.enum(['normal', 'balanced'])),
});
export const VoiceSettings = z.union([FishVoiceSettings, ElevenLabsVoiceSettings]);
export type VoiceSettings = z.infer<typeof VoiceSettings>;

export const AvatarPersona = z.object({
  /** Default: the avatar's own. Looked up at /start only. */
  voice_id: given(Id),
  /**
   * Without one the session is "restricted": it says what speak_text brings, and answers nothing
   * (documentation). One that does not exist is not noticed (one report). Its `opening_text` is spoken as
   * soon as the room connects.
   */
  context_id: given(Id),
  /** Default `en`. */
  language: given(z.string()),
  voice_settings: given(VoiceSettings),
  stt_config: given(z.object({ provider: z.enum(['deepgram', 'assembly_ai', 'gladia', 'elevenlabs']) })),
});
export type AvatarPersona = z.infer<typeof AvatarPersona>;

/**
 * At most 50, names up to 64 characters; a value over 1,000 characters is a 422 (documentation, one report).
 */
export const DynamicVariables = z
  .record(z.string().max(64), z.string().max(1_000))
  .refine((variables) => Object.keys(variables).length <= 50, 'At most 50 dynamic variables');

const common = {
  avatar_id: Id,
  is_sandbox: given(Flag),
  video_settings: given(VideoSettings),
  /** Seconds. Default: the plan's limit. */
  max_session_duration: given(Numeric.pipe(z.number().int().positive())),
};

/** POST /v1/sessions/token for FULL mode. Sources: OpenAPI; the rule on personas: live reports. */
export const FullTokenRequest = z
  .object({
    mode: z.literal('FULL'),
    ...common,
    avatar_persona: given(AvatarPersona),
    /** Newer than avatar_persona. One of type elevenlabs_agent yields a LITE session (documentation). */
    voice_agent: given(
      z.object({ id: Id, language: given(z.string()), dynamic_variables: given(DynamicVariables) }),
    ),
    interactivity_type: given(z.enum(['CONVERSATIONAL', 'PUSH_TO_TALK'])),
    /** Here only: inside avatar_persona it is silently ignored (one report). */
    llm_configuration_id: given(Id),
    dynamic_variables: given(DynamicVariables),
    /** Of a FULL session before this one, whose transcript becomes the memory. */
    memory: given(z.object({ prev_session_id: given(Id), session_memory_id: given(Id) })),
  })
  .refine((body) => (body.avatar_persona === undefined) !== (body.voice_agent === undefined), onePersonaRule);
export type FullTokenRequest = z.infer<typeof FullTokenRequest>;

/**
 * The avatar joins this room with this token, which needs roomJoin, canPublish, canSubscribe and
 * canPublishData. Field names from the OpenAPI; the documentation's `{url, token}` is wrong (five clients
 * send these).
 */
export const LiveKitConfig = z.object({ livekit_url: Text, livekit_room: Text, livekit_client_token: Text });
export type LiveKitConfig = z.infer<typeof LiveKitConfig>;

/** POST /v1/sessions/token for LITE mode. Without livekit_config the avatar is in a room of the vendor's. */
export const LiteTokenRequest = z.object({
  mode: z.literal('LITE'),
  ...common,
  livekit_config: given(LiveKitConfig),
  /** What LiveKit's plugins send instead of video_settings; not in the OpenAPI. */
  video_quality: given(VideoQuality),
});
export type LiteTokenRequest = z.infer<typeof LiteTokenRequest>;

/**
 * Both modes. `CUSTOM` is LITE's old name; without a mode it is FULL (assumed: the OpenAPI gives either as
 * the default).
 */
export const TokenRequest = z.preprocess(
  (body) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
    const { mode } = body as { mode?: unknown };
    return { ...body, mode: mode === 'CUSTOM' ? 'LITE' : (mode ?? 'FULL') };
  },
  z.discriminatedUnion('mode', [FullTokenRequest, LiteTokenRequest]),
);
export type TokenRequest = z.infer<typeof TokenRequest>;

export const TokenResponse = z.looseObject({
  session_id: Text,
  /** A JWT whose payload holds `start_session_data.mode` (the vendor's web SDK reads it). */
  session_token: Text,
});
export type TokenResponse = z.infer<typeof TokenResponse>;
