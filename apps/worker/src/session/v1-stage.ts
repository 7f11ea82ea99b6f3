import {
  asUuid,
  type MessageId,
  MessageRequest,
  type SessionEventBody,
  type StreamedEvent,
} from '@avatar-bridge/contracts';
import { pushToTalkStart, pushToTalkStop, RoomCommand, type RoomMessage } from '@avatar-bridge/heygen-client';
import type { ReceivedData } from '@avatar-bridge/relay';
import type { StageMessage } from './stage-events.ts';

/** Under which the client of a v1 session joins; the vendor's own name for it. */
const clientIdentity = 'client';
/** Captions remembered after their end. */
const rememberedSegments = 64;

/**
 * Tells a session's events as HeyGen's v1 tells them in its room: reliable data without a topic, JSON keyed by `type`.
 * A task is a message, its `task_id` the message's id as a UUID.
 */
export class V1RoomMessages {
  /** When the avatar began to speak a message that is not over. */
  readonly #speaking: Map<MessageId, number | undefined>;
  /** How much of a caption was told. */
  readonly #told = new Map<string, string>();

  /** `speaking`: messages that a former owner of the session began. */
  constructor(speaking: readonly MessageId[] = []) {
    this.#speaking = new Map(speaking.map((id) => [id, undefined]));
  }

  of(event: StreamedEvent): StageMessage[] {
    return this.#translate(event).map((message) => ({ payload: JSON.stringify(message) }));
  }

  #translate(event: StreamedEvent): RoomMessage[] {
    switch (event.type) {
      case 'message.accepted': {
        if (event.mode !== 'talk') return [];
        const task_id = asUuid(event.messageId);
        return [
          { type: 'user_talking_message', task_id, message: event.text },
          { type: 'user_end_message', task_id },
        ];
      }
      case 'message.speaking': {
        if (this.#speaking.has(event.messageId)) return [];
        this.#speaking.set(event.messageId, event.at);
        return [{ type: 'avatar_start_talking', task_id: asUuid(event.messageId) }];
      }
      case 'message.spoken':
      case 'message.interrupted':
      case 'message.failed':
      case 'message.expired':
      case 'message.dropped':
        return this.#ended(event.messageId, event.at);
      case 'caption.updated':
        return this.#caption(event);
      default:
        return [];
    }
  }

  #ended(messageId: MessageId, at: number): RoomMessage[] {
    if (!this.#speaking.has(messageId)) return [];
    const since = this.#speaking.get(messageId);
    this.#speaking.delete(messageId);
    const task_id = asUuid(messageId);
    return [
      { type: 'avatar_stop_talking', task_id, ...(since !== undefined && { duration_ms: at - since }) },
      { type: 'avatar_end_message', task_id },
    ];
  }

  /** Captions grow; v1 tells what has been added. */
  #caption(caption: Extract<SessionEventBody, { type: 'caption.updated' }>): RoomMessage[] {
    const { segmentId, from, final, speaker, messageId } = caption;
    // What a question says was told when it was accepted.
    if (speaker === 'user' && messageId !== undefined) return [];
    const before = this.#told.get(segmentId) ?? '';
    const text = from === undefined ? caption.text : before.slice(0, from) + caption.text;
    const message = text.startsWith(before) ? text.slice(before.length) : text;
    this.#told.set(segmentId, text);
    if (this.#told.size > rememberedSegments) this.#told.delete(this.#told.keys().next().value ?? '');
    const task_id = messageId === undefined ? segmentId : asUuid(messageId);
    const type = speaker === 'user' ? 'user_talking_message' : 'avatar_talking_message';
    return [
      ...(message === '' ? [] : [{ type, task_id, message } as const]),
      ...(speaker === 'user' && final ? [{ type: 'user_end_message', task_id } as const] : []),
    ];
  }
}

/**
 * What a client of v1 said in the room: a JSON string, without a topic. Any text but the two words for push-to-talk is to
 * be talked about. Undefined: nothing that v1 would take.
 */
export function heardInV1Room({
  payload,
  topic,
  participantIdentity = clientIdentity,
}: ReceivedData): MessageRequest | 'user.started' | 'user.stopped' | undefined {
  if (topic !== undefined || participantIdentity !== clientIdentity) return undefined;
  const command = RoomCommand.safeParse(parsed(payload));
  if (!command.success) return undefined;
  if (command.data === pushToTalkStart) return 'user.started';
  if (command.data === pushToTalkStop) return 'user.stopped';
  return MessageRequest.safeParse({ text: command.data, mode: 'talk' }).data;
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
