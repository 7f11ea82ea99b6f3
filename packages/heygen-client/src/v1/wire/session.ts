import { z } from 'zod';
import { lenient, Text } from '../../core/lenient.ts';

/**
 * POST /v1/streaming.create_token. The body is `{}` with a content type: without one the vendor answers 415
 * (medium confidence).
 */
export const CreateTokenRequest = z.looseObject({});
export type CreateTokenRequest = z.infer<typeof CreateTokenRequest>;

/** A token is for one session only (vendor's documentation); its lifetime is not documented. */
export const CreateTokenResponse = z.looseObject({ token: Text });
export type CreateTokenResponse = z.infer<typeof CreateTokenResponse>;

/** low 360p at 500 kbit/s, medium 480p at 1000, high 720p at 2000. */
export const Quality = z.enum(['low', 'medium', 'high']);
export type Quality = z.infer<typeof Quality>;
export const VideoEncoding = z.enum(['H264', 'VP8']);
export type VideoEncoding = z.infer<typeof VideoEncoding>;
export const VoiceEmotion = z.enum(['excited', 'serious', 'friendly', 'soothing', 'broadcaster']);
export type VoiceEmotion = z.infer<typeof VoiceEmotion>;

export const ElevenLabsSettings = z.object({
  stability: z.number().optional(),
  similarity_boost: z.number().optional(),
  style: z.number().optional(),
  use_speaker_boost: z.boolean().optional(),
  model_id: z.enum(['eleven_flash_v2_5', 'eleven_multilingual_v2']).optional(),
});
export type ElevenLabsSettings = z.infer<typeof ElevenLabsSettings>;

export const Voice = z.object({
  voice_id: z.string().optional(),
  /** 0.5 to 1.5, default 1. */
  rate: z.number().optional(),
  /** The documentation writes `Excited`, the SDK sends `excited`: both are taken. */
  emotion: z.preprocess((e) => (typeof e === 'string' ? e.toLowerCase() : e), VoiceEmotion).optional(),
  elevenlabs_settings: ElevenLabsSettings.optional(),
});
export type Voice = z.infer<typeof Voice>;

/** Beta. */
export const SttSettings = z.object({
  provider: z.enum(['deepgram', 'gladia']).optional(),
  confidence: z.number().optional(),
});
export type SttSettings = z.infer<typeof SttSettings>;

/** POST /v1/streaming.new. Sources: reference page new-session, SDK 2.1.0. */
export const NewSessionRequest = z.object({
  quality: Quality.optional(),
  /** The documented name of what the SDK and the guide call `avatar_name`; default `default`. */
  avatar_id: z.string().optional(),
  avatar_name: z.string().optional(),
  voice: Voice.optional(),
  /** The prompt that talk tasks are answered with. */
  knowledge_base: z.string().optional(),
  knowledge_base_id: z.string().optional(),
  language: z.string().optional(),
  /** `v2` is LiveKit and the only version still served. */
  version: z.literal('v2').optional(),
  /** The vendor's default is VP8. */
  video_encoding: VideoEncoding.optional(),
  source: z.string().optional(),
  stt_settings: SttSettings.optional(),
  /** Whether microphone and texts go over LiveKit instead of the WebSocket. */
  ia_is_livekit_transport: z.boolean().optional(),
  /** Whether the avatar speaks up when the user is silent. */
  silence_response: z.boolean().optional(),
  /** Deprecated by the vendor; `activity_idle_timeout` and keep_alive replace it. */
  disable_idle_timeout: z.boolean().optional(),
  /** Seconds, 30 to 3600 exclusive, default 120. */
  activity_idle_timeout: z.number().min(30).max(3_600).optional(),
});
export type NewSessionRequest = z.infer<typeof NewSessionRequest>;

export const NewSessionResponse = z.looseObject({
  /** A UUID, and the name of the LiveKit room. */
  session_id: Text,
  /** The vendor's LiveKit server. */
  url: Text,
  /** Joins the room as `client`: a second join with it removes the first (medium to high confidence). */
  access_token: Text,
  livekit_agent_token: lenient(z.string()),
  realtime_endpoint: lenient(z.string()),
  is_paid: lenient(z.boolean()),
  /** Seconds until the vendor ends the session; 600 in every sample. */
  session_duration_limit: lenient(z.number()),
});
export type NewSessionResponse = z.infer<typeof NewSessionResponse>;

/** Most calls name the session and nothing else. */
export const SessionIdRequest = z.object({ session_id: Text });
export type SessionIdRequest = z.infer<typeof SessionIdRequest>;

/** POST /v1/streaming.start. */
export const StartRequest = SessionIdRequest;
export type StartRequest = z.infer<typeof StartRequest>;
/** POST /v1/streaming.interrupt: nothing happens when the avatar isn't speaking. */
export const InterruptRequest = SessionIdRequest;
export type InterruptRequest = z.infer<typeof InterruptRequest>;
/** POST /v1/streaming.keep_alive: the idle timeout starts again. */
export const KeepAliveRequest = SessionIdRequest;
export type KeepAliveRequest = z.infer<typeof KeepAliveRequest>;
/** POST /v1/streaming.stop. */
export const StopRequest = SessionIdRequest;
export type StopRequest = z.infer<typeof StopRequest>;
/** POST /v1/streaming.start_listening and stop_listening (SDK). */
export const ListeningRequest = SessionIdRequest;
export type ListeningRequest = z.infer<typeof ListeningRequest>;

/** start and stop: `{status}` or nothing. */
export const StatusResponse = z.looseObject({ status: lenient(z.string()) });
export type StatusResponse = z.infer<typeof StatusResponse>;
