import { type Json, parseObject, textField, numberField } from '../../core/json.ts';

/**
 * What the vendor says unasked, from the room's data or the chat socket. `raw` is the payload as it came. A
 * `taskId` is the one that task() returned; the vendor may leave it out. `unknown` is an object whose name
 * this client doesn't know.
 */
export type VendorEvent = { raw: Json } & (
  | { type: 'avatar_start_talking'; taskId?: string }
  | { type: 'avatar_stop_talking'; taskId?: string; durationMs?: number }
  | { type: 'avatar_talking_message'; taskId?: string; message: string }
  | { type: 'avatar_end_message'; taskId?: string }
  | { type: 'user_talking_message'; taskId?: string; message: string }
  | { type: 'user_end_message'; taskId?: string }
  | { type: 'user_start' }
  | { type: 'user_stop' }
  | { type: 'user_silence'; silenceTimes?: number; countDown?: number }
  | { type: 'unknown'; name: string }
);

/**
 * The event in a payload; undefined when it holds none. Never throws. The room names events by `type` and the
 * socket by `event_type`; both are understood from both, because nobody has written down a captured frame.
 */
export function parseVendorEvent(payload: string | Uint8Array): VendorEvent | undefined {
  const raw = parseObject(payload);
  if (!raw) return undefined;
  const name = textField(raw, 'type') ?? textField(raw, 'event_type');
  if (!name) return undefined;
  const taskId = textField(raw, 'task_id');
  const task = { raw, ...(taskId !== undefined && { taskId }) };
  switch (name) {
    case 'avatar_start_talking':
    case 'avatar_end_message':
    case 'user_end_message':
      return { type: name, ...task };
    case 'avatar_stop_talking': {
      const durationMs = numberField(raw, 'duration_ms');
      return { type: name, ...task, ...(durationMs !== undefined && { durationMs }) };
    }
    case 'avatar_talking_message':
    case 'user_talking_message':
      return { type: name, ...task, message: textField(raw, 'message') ?? '' };
    case 'user_start':
    case 'user_stop':
      return { type: name, raw };
    case 'user_silence': {
      const silenceTimes = numberField(raw, 'silence_times');
      const countDown = numberField(raw, 'count_down');
      return {
        type: name,
        raw,
        ...(silenceTimes !== undefined && { silenceTimes }),
        ...(countDown !== undefined && { countDown }),
      };
    }
    default:
      return { type: 'unknown', name, raw };
  }
}
