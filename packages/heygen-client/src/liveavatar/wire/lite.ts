import { z } from 'zod';
import { given, lenient, Text } from '../../core/lenient.ts';

// LITE mode: JSON text messages over the WebSocket at `ws_url`. Sources: documentation of LITE mode's events,
// the web SDK 0.0.18, livekit-plugins-liveavatar 1.8.9, pipecat 1.14 and observers of the running service
// (livekit/agents #7232, #7245).

/** A larger message may be dropped, or close the connection (two documents disagree). Bytes. */
export const maxLiteMessageBytes = 1_000_000;

/** Signed 16-bit little-endian PCM, mono. A wrong format is not reported. */
export const liteSampleRateHz = 24_000;

/** Optional everywhere, and null is nothing: two clients send none, one sends null. */
const id = { event_id: given(z.string()) };

export const LiteCommand = z.discriminatedUnion('type', [
  /**
   * Base64. The first one after speak_end or interrupt opens an utterance, whatever its id (one documented
   * analysis).
   */
  z.looseObject({ type: z.literal('agent.speak'), audio: z.string(), ...id }),
  /** Ends the utterance; may carry its last sound. */
  z.looseObject({ type: z.literal('agent.speak_end'), audio: given(z.string()), ...id }),
  /** Silences the avatar and drops the sound it has not played. */
  z.looseObject({ type: z.literal('agent.interrupt'), ...id }),
  z.looseObject({ type: z.literal('agent.start_listening'), ...id }),
  z.looseObject({ type: z.literal('agent.stop_listening'), ...id }),
  z.looseObject({ type: z.literal('session.keep_alive'), ...id }),
  /**
   * Sent by two clients before the first sound: `encoding`, `sample_rate`, `channels`. Undocumented and
   * needless.
   */
  z.looseObject({ type: z.literal('start'), ...id }),
]);
export type LiteCommand = z.infer<typeof LiteCommand>;

/** event_id is the message's own; source_event_id is the one of the command it is about. */
const about = {
  event_id: lenient(z.string()),
  source_event_id: lenient(z.string()),
  task: lenient(z.looseObject({ id: lenient(z.string()) })),
};

export const AgentState = z.enum(['idle', 'listening', 'talking']);
export type AgentState = z.infer<typeof AgentState>;

export const LiteMessage = z.discriminatedUnion('type', [
  /**
   * `connected` means that commands are taken: earlier ones are dropped silently. Others: connecting,
   * closing, closed (documentation), new, disconnected (observers).
   */
  z.looseObject({ type: z.literal('session.state_updated'), state: Text }),
  /** One for each agent.speak. */
  z.looseObject({ type: z.literal('agent.audio_buffer_appended'), ...about }),
  /** After speak_end; may come while the avatar still talks (#7245). */
  z.looseObject({ type: z.literal('agent.audio_buffer_committed'), ...about }),
  /** After interrupt. */
  z.looseObject({ type: z.literal('agent.audio_buffer_cleared'), ...about }),
  /** In one session the only sign of speech (#7232). Its source_event_id is null. */
  z.looseObject({
    type: z.literal('agent.state_updated'),
    ...about,
    previous_state: lenient(AgentState),
    new_state: AgentState,
  }),
  /**
   * Once per utterance, or not at all. After an interrupt speak_interrupted comes, and speak_ended may
   * follow.
   */
  z.looseObject({ type: z.literal('agent.speak_started'), ...about }),
  z.looseObject({ type: z.literal('agent.speak_ended'), ...about }),
  z.looseObject({ type: z.literal('agent.speak_interrupted'), ...about }),
  /** Names in older clients only. */
  z.looseObject({ type: z.literal('agent.idle_started'), ...about }),
  z.looseObject({ type: z.literal('agent.idle_ended'), ...about }),
  /**
   * `error.type` is invalid_request_error, server_error or video_starvation (sound comes slower than it is
   * played).
   */
  z.looseObject({
    type: z.literal('error'),
    error: z.looseObject({
      type: lenient(z.string()),
      message: lenient(z.string()),
      event_id: lenient(z.string()),
    }),
  }),
  z.looseObject({
    type: z.literal('warning'),
    warning: z.looseObject({ type: lenient(z.string()), message: lenient(z.string()) }),
  }),
]);
export type LiteMessage = z.infer<typeof LiteMessage>;
