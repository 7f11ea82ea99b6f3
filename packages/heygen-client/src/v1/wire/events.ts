import { z } from 'zod';
import { lenient } from '../../core/lenient.ts';

const task = { task_id: z.string() };

/**
 * What the avatar sends in its LiveKit room: reliable data packets, UTF-8 JSON, no topic, keyed by `type`.
 * Source: SDK 2.1.0, which filters neither topic nor sender. No captured frame was found.
 */
export const RoomMessage = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('avatar_start_talking'), ...task }),
  /** `duration_ms` is in the README of SDK 1.0.15 only. */
  z.looseObject({ type: z.literal('avatar_stop_talking'), ...task, duration_ms: lenient(z.number()) }),
  /**
   * A piece of what is said, its spaces included: the vendor's own Next.js demo joins the pieces with nothing
   * in between.
   */
  z.looseObject({ type: z.literal('avatar_talking_message'), ...task, message: z.string() }),
  z.looseObject({ type: z.literal('avatar_end_message'), ...task }),
  z.looseObject({ type: z.literal('user_talking_message'), ...task, message: z.string() }),
  z.looseObject({ type: z.literal('user_end_message'), ...task }),
]);
export type RoomMessage = z.infer<typeof RoomMessage>;

/**
 * What /v1/ws/streaming.chat sends: JSON text keyed by `event_type` (names sure, payload of user_silence from
 * the SDK's history).
 */
export const SocketEvent = z.discriminatedUnion('event_type', [
  z.looseObject({ event_type: z.literal('user_start') }),
  z.looseObject({ event_type: z.literal('user_stop') }),
  z.looseObject({
    event_type: z.literal('user_silence'),
    silence_times: lenient(z.number()),
    count_down: lenient(z.number()),
  }),
]);
export type SocketEvent = z.infer<typeof SocketEvent>;

const flag = z.preprocess((v) => (v === 'true' ? true : v === 'false' ? false : v), z.boolean());

/**
 * The query parameters of /v1/ws/streaming.chat. The API key opens it no less than its token does, but only
 * the token is documented.
 */
export const ChatQuery = z.object({
  session_id: z.string().min(1),
  session_token: z.string().min(1),
  silence_response: flag.optional(),
  push_to_talk: flag.optional(),
  /** `v2` with the LiveKit transport only. */
  arch_version: z.string().optional(),
  opening_text: z.string().optional(),
  stt_language: z.string().optional(),
});
export type ChatQuery = z.infer<typeof ChatQuery>;

/**
 * What the SDK sends into the room with the LiveKit transport: a JSON *string*, reliable, no topic. Any other
 * text is a talk task.
 */
export const RoomCommand = z.string();
export const pushToTalkStart = 'push_to_talk:start';
export const pushToTalkStop = 'push_to_talk:stop';
