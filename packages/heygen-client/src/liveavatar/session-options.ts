import type {
  LiteTokenRequest,
  FullTokenRequest,
  StartResponse,
  VideoEncoding,
  VideoQuality,
  VoiceSettings,
} from './wire/index.ts';

type Common = {
  /** A UUID. */
  avatarId: string;
  /** No credits, about a minute, and one avatar only: `sandboxAvatarId`. */
  sandbox?: boolean;
  quality?: VideoQuality;
  videoEncoding?: VideoEncoding;
  /** Over the plan's limit the vendor refuses it. Default: that limit. */
  maxDurationSeconds?: number;
};

/** The vendor speaks: texts in, in a room of the vendor's. */
export type FullSessionOptions = Common & {
  mode: 'FULL';
  /** Default: the avatar's own. */
  voiceId?: string;
  voiceSettings?: VoiceSettings;
  /** Without one the avatar says texts and answers nothing. With one it says the context's greeting first. */
  contextId?: string;
  /** Default `en`. */
  language?: string;
  sttProvider?: 'deepgram' | 'assembly_ai' | 'gladia' | 'elevenlabs';
  /** The user's microphone is listened to on command only. */
  pushToTalk?: boolean;
  llmConfigurationId?: string;
  /** For the `${…}` in a context's texts. */
  dynamicVariables?: Record<string, string>;
  /** A FULL session before this one, whose transcript the avatar remembers. */
  previousSessionId?: string;
  /** A stored memory. */
  memoryId?: string;
};

/** We speak: sound in over a socket. */
export type LiteSessionOptions = Common & {
  mode: 'LITE';
  /**
   * The room that the avatar joins; default: one of the vendor's. The token needs roomJoin, canPublish,
   * canSubscribe and canPublishData: without the last the vendor answers start() with HTTP 500.
   */
  livekit?: { url: string; room: string; token: string };
};

export type SessionOptions = FullSessionOptions | LiteSessionOptions;

/** A session that can be started, once. */
export type SessionToken = { sessionId: string; token: string };

/** A session that runs: it costs credits until it is stopped. */
export type StartedSession = {
  sessionId: string;
  /** The vendor's LiveKit server; undefined when the avatar joins a room of ours. */
  url: string | undefined;
  /** Joins that room as its user. */
  accessToken: string | undefined;
  agentToken: string | undefined;
  /** LITE: for openLiteSocket(). It may hold credentials. */
  socketUrl: string | undefined;
  /** After this the vendor ends the session, or lets it go mute. */
  durationLimitMs: number | undefined;
};

/** What is undefined is left out of the JSON. */
export function toRequest(options: SessionOptions): FullTokenRequest | LiteTokenRequest {
  const { quality, videoEncoding } = options;
  const common = {
    avatar_id: options.avatarId,
    is_sandbox: options.sandbox,
    video_settings: (quality ?? videoEncoding) && { quality, encoding: videoEncoding },
    max_session_duration: options.maxDurationSeconds,
  };
  if (options.mode === 'LITE') {
    const { livekit } = options;
    return {
      mode: 'LITE',
      ...common,
      livekit_config: livekit && {
        livekit_url: livekit.url,
        livekit_room: livekit.room,
        livekit_client_token: livekit.token,
      },
    };
  }
  const { previousSessionId, memoryId, sttProvider } = options;
  return {
    mode: 'FULL',
    ...common,
    // Required, though everything in it may be left out.
    avatar_persona: {
      language: options.language ?? 'en',
      voice_id: options.voiceId,
      voice_settings: options.voiceSettings,
      context_id: options.contextId,
      stt_config: sttProvider && { provider: sttProvider },
    },
    interactivity_type: options.pushToTalk ? 'PUSH_TO_TALK' : undefined,
    llm_configuration_id: options.llmConfigurationId,
    dynamic_variables: options.dynamicVariables,
    memory:
      previousSessionId || memoryId
        ? { prev_session_id: previousSessionId, session_memory_id: memoryId }
        : undefined,
  };
}

export function fromResponse(response: StartResponse): StartedSession {
  const limit = response.max_session_duration;
  return {
    sessionId: response.session_id,
    url: response.livekit_url,
    accessToken: response.livekit_client_token,
    agentToken: response.livekit_agent_token,
    socketUrl: response.ws_url,
    durationLimitMs: limit === undefined || limit <= 0 ? undefined : limit * 1_000,
  };
}
