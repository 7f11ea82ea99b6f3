import { asUuid, MessageRequest, type Session } from '@avatar-bridge/contracts';
import type { TaskMode, TaskRequest, TaskType } from '@avatar-bridge/heygen-client';
import { firstEvent, isOneOf } from './first-event.ts';
import { idleDeadline } from './idle-sweep.ts';
import { talkFault } from '../sessions/provider-rules.ts';
import type { Parts } from '../parts.ts';
import { V1Failure } from './v1-failure.ts';

/** ms that a `sync` task is waited for; then it is answered as if it were `async`. */
const syncBoundMs = 120_000;
/** ms of speech for each character of a text, to guess its length by. */
const msPerCharacter = 65;

const isEnd = isOneOf(
  'message.spoken',
  'message.interrupted',
  'message.expired',
  'message.failed',
  'message.dropped',
);

type TaskParts = Pick<Parts, 'store' | 'offers' | 'metrics'>;

/** Has a text said as a message of the session. Throws what the store throws, and V1Failures. */
export async function post(
  parts: TaskParts,
  session: Session,
  text: string,
  { type, idempotencyKey }: { type: TaskType; idempotencyKey?: string },
) {
  const { store, offers, metrics } = parts;
  const mode = type === 'repeat' ? 'repeat' : 'talk';
  const request = MessageRequest.safeParse({ text, mode });
  if (!request.success)
    throw V1Failure.invalid(request.error.issues.map((issue) => `text ${issue.message}`).join('; '));
  const offered = mode === 'talk' ? await offers.get() : undefined;
  const fault = offered && talkFault(session, offered);
  if (fault) throw V1Failure.invalid(`task_type ${fault.rule}`);
  const { message, replayed } = await store.postMessage(session.id, request.data, {
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });
  if (!replayed) metrics.messageAccepted();
  await store.v1Door.setIdleDeadline(session.id, idleDeadline(session));
  return message;
}

/** `streaming.task`: what it answers, when the text was taken (`async`) or was spoken (`sync`, v1's default). */
export async function runTask(
  parts: TaskParts,
  session: Session,
  { text, task_type = 'repeat', task_mode = 'sync' }: Omit<TaskRequest, 'session_id'>,
  signal: AbortSignal,
): Promise<{ task_id: string; duration_ms: number }> {
  if (session.liveAt === undefined) throw V1Failure.of('wrongState');
  const message = await post(parts, session, text, { type: task_type });
  const spokenMs = await spoken(parts, message, task_mode, signal);
  return { task_id: asUuid(message.id), duration_ms: spokenMs ?? text.length * msPerCharacter };
}

/** ms that a message was spoken; undefined when that is not waited for, or not known. */
async function spoken(
  { store }: TaskParts,
  { id, sessionId }: { id: string; sessionId: string },
  mode: TaskMode,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (mode === 'async') return undefined;
  const waiting = AbortSignal.any([signal, AbortSignal.timeout(syncBoundMs)]);
  const { eventId } = await store.getMessage(sessionId, id);
  const end = await firstEvent(
    store,
    sessionId,
    { ...(eventId && { after: eventId }), signal: waiting },
    (event) => isEnd(event) && 'messageId' in event && event.messageId === id,
  );
  if (end?.type === 'message.failed') throw new V1Failure({ status: 500, message: 'Internal server error' });
  const unsaid = end?.type === 'message.dropped' || end?.type === 'message.expired';
  if (unsaid || (!end && !waiting.aborted)) throw V1Failure.of('wrongState');
  const { speakingAt, finishedAt } = await store.getMessage(sessionId, id);
  return speakingAt !== undefined && finishedAt !== undefined ? finishedAt - speakingAt : undefined;
}
