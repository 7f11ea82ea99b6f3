import { type Json, parseObject, textField } from '../core/json.ts';

/**
 * What the avatar of a FULL session is told. An `eventId` comes back as `sourceEventId` of what it causes.
 */
export type Control = { eventId?: string } & (
  | { type: 'avatar.speak_text' | 'avatar.speak_response'; text: string }
  | {
      type:
        | 'avatar.interrupt'
        | 'avatar.start_listening'
        | 'avatar.stop_listening'
        | 'user.start_push_to_talk'
        | 'user.stop_push_to_talk';
    }
);

/**
 * The data packet for topic `controlTopic`, to be sent reliably. It holds what the vendor's own SDK sends,
 * and no more.
 */
export function encodeControl(control: Control): string {
  const { type, eventId } = control;
  return JSON.stringify({
    ...(eventId !== undefined && { event_id: eventId }),
    event_type: type,
    ...('text' in control && { text: control.text }),
  });
}

/**
 * What the avatar says on topic `responseTopic`, named as the vendor names it. `sourceEventId` is the newest
 * speak command's eventId; the vendor may leave it out, and repeats it on what the command did not cause.
 * `raw` is the payload as it came; `unknown` an object whose name this client does not know.
 */
export type ResponseEvent = { raw: Json; eventId?: string; sourceEventId?: string } & (
  | { type: (typeof plainEvents)[number] }
  | { type: (typeof textEvents)[number]; text: string }
  | { type: 'session.state_updated'; state?: string }
  /** See EndReason. The room is closed right after it. */
  | { type: 'session.stopped'; reason?: string }
  | { type: 'unknown'; name: string }
);

const plainEvents = [
  'user.speak_started',
  'user.speak_ended',
  'avatar.speak_started',
  'avatar.speak_ended',
  'user.push_to_talk_started',
  'user.push_to_talk_start_failed',
  'user.push_to_talk_stopped',
  'user.push_to_talk_stop_failed',
  'session.updated',
] as const;

const textEvents = [
  'user.transcription',
  'user.transcription.chunk',
  'avatar.transcription',
  'avatar.transcription.chunk',
] as const;

/** The event in a payload; undefined when it holds none. Never throws. */
export function parseResponse(payload: string | Uint8Array): ResponseEvent | undefined {
  const raw = parseObject(payload);
  const name = raw && textField(raw, 'event_type');
  if (!raw || !name) return undefined;
  const eventId = textField(raw, 'event_id');
  const sourceEventId = textField(raw, 'source_event_id');
  const common = { raw, ...(eventId && { eventId }), ...(sourceEventId && { sourceEventId }) };
  if (isOneOf(plainEvents, name)) return { type: name, ...common };
  if (isOneOf(textEvents, name)) return { type: name, ...common, text: textField(raw, 'text') ?? '' };
  if (name === 'session.state_updated') {
    const state = textField(raw, 'state');
    return { type: name, ...common, ...(state && { state }) };
  }
  if (name === 'session.stopped') {
    // The documentation and the vendor's SDK disagree about the key.
    const reason = textField(raw, 'end_reason') ?? textField(raw, 'stop_reason');
    return { type: name, ...common, ...(reason && { reason }) };
  }
  return { type: 'unknown', name, ...common };
}

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}
