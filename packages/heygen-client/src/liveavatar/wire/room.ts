import { z } from 'zod';
import { lenient, Text } from '../../core/lenient.ts';

// FULL mode: reliable data packets of the vendor's LiveKit room, UTF-8 JSON. Sources: documentation of FULL
// mode's events and the vendor's web SDK 0.0.18. No captured frame was found.

/** Topic of what is sent to the avatar. */
export const controlTopic = 'agent-control';
/** Topic of what it says. */
export const responseTopic = 'agent-response';

/**
 * Identity of the participant that publishes one video and one audio track. Select by it, not by track names.
 */
export const avatarIdentity = 'heygen';
/** The second participant of a FULL session. The web SDK waits up to 30 s for both. */
export function agentIdentity(sessionId: string): string {
  return `liveavatar-agent-${sessionId}`;
}

/** The web SDK sends an event_id with texts and none with avatar.interrupt, and never a session_id. */
const sent = { event_id: lenient(z.string()), session_id: lenient(z.string()) };

export const ControlMessage = z.discriminatedUnion('event_type', [
  /** Said as it is. Whether several queue, and how long a text may be, is not documented. */
  z.looseObject({ ...sent, event_type: z.literal('avatar.speak_text'), text: z.string() }),
  /** Answered by the context's LLM. */
  z.looseObject({ ...sent, event_type: z.literal('avatar.speak_response'), text: z.string() }),
  /** Silences the avatar and drops the queue. */
  z.looseObject({ ...sent, event_type: z.literal('avatar.interrupt') }),
  z.looseObject({ ...sent, event_type: z.literal('avatar.start_listening') }),
  z.looseObject({ ...sent, event_type: z.literal('avatar.stop_listening') }),
  z.looseObject({ ...sent, event_type: z.literal('user.start_push_to_talk') }),
  z.looseObject({ ...sent, event_type: z.literal('user.stop_push_to_talk') }),
  /** These two are names in the SDK only; it never sends them. */
  z.looseObject({ ...sent, event_type: z.literal('session.update') }),
  z.looseObject({ ...sent, event_type: z.literal('session.stop') }),
]);
export type ControlMessage = z.infer<typeof ControlMessage>;

/**
 * source_event_id is the event_id of the client's newest speak command; everything after it carries it on,
 * also what the LLM says by itself later (one report).
 */
const said = {
  event_id: lenient(z.string()),
  session_id: lenient(z.string()),
  source_event_id: lenient(z.string()),
};

export const ResponseMessage = z.discriminatedUnion('event_type', [
  z.looseObject({ ...said, event_type: z.literal('user.speak_started') }),
  z.looseObject({ ...said, event_type: z.literal('user.speak_ended') }),
  z.looseObject({ ...said, event_type: z.literal('user.transcription'), text: z.string() }),
  z.looseObject({ ...said, event_type: z.literal('user.transcription.chunk'), text: z.string() }),
  /**
   * Of an interrupted text only what was heard (one report). At once with speak_text, with an LLM after its
   * last chunk.
   */
  z.looseObject({ ...said, event_type: z.literal('avatar.transcription'), text: z.string() }),
  /** One per LLM token, well before it is spoken. */
  z.looseObject({ ...said, event_type: z.literal('avatar.transcription.chunk'), text: z.string() }),
  /** The greeting of a context has these two as well, before anybody asked for anything. */
  z.looseObject({ ...said, event_type: z.literal('avatar.speak_started') }),
  /** Six applications guard it with a timer, two call it reliable. */
  z.looseObject({ ...said, event_type: z.literal('avatar.speak_ended') }),
  z.looseObject({ ...said, event_type: z.literal('user.push_to_talk_started') }),
  z.looseObject({ ...said, event_type: z.literal('user.push_to_talk_start_failed') }),
  z.looseObject({ ...said, event_type: z.literal('user.push_to_talk_stopped') }),
  z.looseObject({ ...said, event_type: z.literal('user.push_to_talk_stop_failed') }),
  z.looseObject({ ...said, event_type: z.literal('session.updated') }),
  z.looseObject({ ...said, event_type: z.literal('session.state_updated'), state: lenient(Text) }),
  /**
   * `end_reason` in the documentation, `stop_reason` in the SDK: see EndReason. The room is closed right
   * after it.
   */
  z.looseObject({
    ...said,
    event_type: z.literal('session.stopped'),
    end_reason: lenient(z.string()),
    stop_reason: lenient(z.string()),
  }),
]);
export type ResponseMessage = z.infer<typeof ResponseMessage>;
