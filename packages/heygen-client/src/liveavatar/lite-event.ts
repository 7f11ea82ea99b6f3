import { type Json, parseObject, textField } from '../core/json.ts';
import { AgentState } from './wire/index.ts';

/**
 * What the LITE socket says, named as the vendor names it. `sourceEventId` is the event id of our command
 * that it is about, where the vendor says so. `raw` is the message as it came; `unknown` an object whose name
 * this client does not know.
 */
export type LiteEvent = { raw: Json } & (
  | { type: 'session.state_updated'; state: string }
  | { type: (typeof aboutCommands)[number]; sourceEventId?: string; taskId?: string }
  | { type: 'agent.state_updated'; state: AgentState; previous?: AgentState }
  /** `kind`: invalid_request_error, server_error, video_starvation or another word of the vendor's. */
  | { type: 'error' | 'warning'; kind: string; message: string; sourceEventId?: string }
  | { type: 'unknown'; name: string }
);

const aboutCommands = [
  'agent.audio_buffer_appended',
  'agent.audio_buffer_committed',
  'agent.audio_buffer_cleared',
  'agent.speak_started',
  'agent.speak_ended',
  'agent.speak_interrupted',
  'agent.idle_started',
  'agent.idle_ended',
] as const;

/**
 * The event in a message; undefined when it holds none. Never throws. Replies carry our id as source_event_id
 * and a fresh event_id (live reports); the documentation's samples have event_id alone, which is taken when
 * `isOurs` knows it.
 */
export function parseLiteMessage(
  payload: string | Uint8Array,
  isOurs: (eventId: string) => boolean = () => false,
): LiteEvent | undefined {
  const raw = parseObject(payload);
  const name = raw && textField(raw, 'type');
  if (!raw || !name) return undefined;
  const about = aboutCommands.find((known) => known === name);
  if (about) {
    const eventId = textField(raw, 'event_id');
    const sourceEventId =
      textField(raw, 'source_event_id') ?? (eventId && isOurs(eventId) ? eventId : undefined);
    const taskId = textField(objectField(raw, 'task'), 'id');
    return { type: about, raw, ...(sourceEventId && { sourceEventId }), ...(taskId && { taskId }) };
  }
  if (name === 'session.state_updated')
    return { type: name, raw, state: textField(raw, 'state') ?? 'unknown' };
  if (name === 'agent.state_updated') {
    const state = AgentState.safeParse(raw['new_state']).data;
    const previous = AgentState.safeParse(raw['previous_state']).data;
    if (state) return { type: name, raw, state, ...(previous && { previous }) };
  }
  if (name === 'error' || name === 'warning') {
    const complaint = objectField(raw, name);
    const sourceEventId = textField(complaint, 'event_id');
    const kind = textField(complaint, 'type') ?? 'unknown';
    const message = textField(complaint, 'message') ?? textField(raw, 'message') ?? '';
    return { type: name, raw, kind, message, ...(sourceEventId && { sourceEventId }) };
  }
  return { type: 'unknown', name, raw };
}

function objectField(object: Json, key: string): Json {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
