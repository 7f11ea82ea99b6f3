import type { Message, MessageId, MessageState, SessionId } from '@avatar-bridge/contracts';
import { entryTime } from '../ids.ts';
import { messageFieldNames, numberFields } from './message-fields.ts';
import type { MessagePatch, MessageRecord, Utterance } from '../types.ts';

const readNames = [...messageFieldNames, 'packed'] as const;

/** The fields of the `messages` hash that hold a message, in the order in which `toMessage` takes their values. */
export const messageFields = (id: MessageId): string[] => readNames.map((name) => `${id}:${name}`);

/** @returns undefined if there is no such message */
export function toMessage(
  sessionId: SessionId,
  id: MessageId,
  values: readonly (string | null)[],
): MessageRecord | undefined {
  let fields: Partial<Record<(typeof readNames)[number], string>> & { taskIds?: string[] } = {};
  for (const [i, name] of readNames.entries()) {
    const value = values[i];
    if (value !== null && value !== undefined) fields[name] = value;
  }
  if (!fields.state) return undefined;
  if (fields.packed) fields = { ...(JSON.parse(fields.packed) as typeof fields), state: fields.state };
  const entryId = fields.entry as string;
  const acceptedAt = entryTime(entryId);
  const utterances = parseUtterances(fields.utterances);
  const message: MessageRecord = {
    id,
    sessionId,
    seq: Number(fields.seq),
    mode: fields.mode as Message['mode'],
    text: fields.text as string,
    state: fields.state as MessageState,
    acceptedAt,
    ...(fields.expiresAfter && { expiresAt: acceptedAt + Number(fields.expiresAfter) }),
    taskIds: fields.taskIds ?? utterances.flatMap((utterance) => utterance.taskId ?? []),
    ...(fields.spokenText !== undefined && { spokenText: fields.spokenText }),
    ...(fields.reason && { reason: fields.reason }),
    ...(fields.event && { eventId: fields.event }),
    entryId,
    utterances,
  };
  for (const name of numberFields) if (fields[name] !== undefined) message[name] = Number(fields[name]);
  return message;
}

/** What everybody may see of a message. */
export function publicMessage(record: MessageRecord): Message {
  const { entryId: _, utterances: __, ...message } = record;
  return message;
}

/** Fields and values to write; the state goes another way. */
export function patchFields(patch: MessagePatch): (string | number)[] {
  const flat: (string | number)[] = [];
  for (const [name, value] of Object.entries(patch))
    if (name !== 'state' && value !== undefined) flat.push(name, value);
  return flat;
}

/** Each line says something newer of an utterance. */
function parseUtterances(lines: string | undefined): Utterance[] {
  const newest = new Map<number, Utterance>();
  for (const line of lines?.split('\n') ?? []) {
    if (!line) continue;
    const utterance = JSON.parse(line) as Utterance;
    newest.set(utterance.index, { ...newest.get(utterance.index), ...utterance });
  }
  return [...newest.values()].toSorted((a, b) => a.index - b.index);
}

/** A message event's JSON after `seq`: what comes before, only the script knows. */
export function eventAfterSeq(fields: object): string {
  return JSON.stringify(fields).slice(1);
}
