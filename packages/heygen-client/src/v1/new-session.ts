import type {
  NewSessionRequest,
  NewSessionResponse,
  Quality,
  VideoEncoding,
  VoiceEmotion,
} from './wire/index.ts';

/**
 * Which avatar, and how it looks, sounds and answers. Everything left out is the vendor's default, except
 * H264 for the video.
 */
export type NewSessionOptions = {
  /** Sent as `avatar_id`, the documented name. */
  avatarId?: string;
  /** Sent as `avatar_name`, what the vendor's own SDK sends for the same thing. */
  avatarName?: string;
  quality?: Quality;
  videoEncoding?: VideoEncoding;
  voice?: {
    id?: string;
    /** 0.5 to 1.5. */
    rate?: number;
    emotion?: VoiceEmotion;
    elevenLabs?: {
      stability?: number;
      similarityBoost?: number;
      style?: number;
      useSpeakerBoost?: boolean;
      model?: 'eleven_flash_v2_5' | 'eleven_multilingual_v2';
    };
  };
  language?: string;
  /** The prompt that talk tasks are answered with. */
  knowledgeBase?: string;
  knowledgeBaseId?: string;
  /** Speech recognition (beta). */
  stt?: { provider?: 'deepgram' | 'gladia'; confidence?: number };
  /** Whether the avatar speaks up when the user is silent. */
  silenceResponse?: boolean;
  /**
   * The vendor closes the session when nothing happened for this long, 30 to 3599 s. The vendor's default is
   * 120.
   */
  idleTimeoutSeconds?: number;
  /** Deprecated by the vendor in favour of idleTimeoutSeconds and keepAlive(). */
  disableIdleTimeout?: boolean;
  /** Whether microphone and texts go through the room instead of the chat socket. */
  livekitTransport?: boolean;
  /** What the vendor is told about who asks; the SDK says `sdk`. */
  source?: string;
};

/** A session that came into being: it costs money until it is stopped. */
export type NewSession = {
  sessionId: string;
  /** The vendor's LiveKit server. */
  url: string;
  /** Joins the room as the vendor's client; one holder at a time. */
  accessToken: string;
  agentToken: string | undefined;
  realtimeEndpoint: string | undefined;
  /** ms after which the vendor ends it, if it says so. */
  durationLimit: number | undefined;
  isPaid: boolean | undefined;
};

/** What is undefined is left out of the JSON. */
export function toRequest(options: NewSessionOptions): NewSessionRequest {
  const { voice } = options;
  return {
    avatar_id: options.avatarId,
    avatar_name: options.avatarName,
    quality: options.quality,
    voice: voice && {
      voice_id: voice.id,
      rate: voice.rate,
      emotion: voice.emotion,
      elevenlabs_settings: voice.elevenLabs && {
        stability: voice.elevenLabs.stability,
        similarity_boost: voice.elevenLabs.similarityBoost,
        style: voice.elevenLabs.style,
        use_speaker_boost: voice.elevenLabs.useSpeakerBoost,
        model_id: voice.elevenLabs.model,
      },
    },
    language: options.language,
    knowledge_base: options.knowledgeBase,
    knowledge_base_id: options.knowledgeBaseId,
    version: 'v2',
    video_encoding: options.videoEncoding ?? 'H264',
    source: options.source,
    stt_settings: options.stt,
    ia_is_livekit_transport: options.livekitTransport,
    silence_response: options.silenceResponse,
    disable_idle_timeout: options.disableIdleTimeout,
    activity_idle_timeout: options.idleTimeoutSeconds,
  };
}

export function fromResponse(response: NewSessionResponse): NewSession {
  const limit = response.session_duration_limit;
  return {
    sessionId: response.session_id,
    url: response.url,
    accessToken: response.access_token,
    agentToken: response.livekit_agent_token,
    realtimeEndpoint: response.realtime_endpoint,
    durationLimit: limit === undefined || limit <= 0 ? undefined : limit * 1_000,
    isPaid: response.is_paid,
  };
}
