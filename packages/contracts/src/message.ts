import { z } from 'zod';
import { EventId, MessageId, SessionId } from './ids.ts';

/** The vendor takes about this many characters at once; `talk` texts are never split. */
export const maxTalkLength = 1_000;
/** `repeat` texts are split into utterances, so more than the vendor takes at once is fine. */
export const maxRepeatLength = 10_000;

/** `repeat` is said as it is; `talk` is answered by the vendor's LLM and the answer is said. */
export const MessageMode = z.enum(['talk', 'repeat']);
export type MessageMode = z.infer<typeof MessageMode>;

/**
 * What becomes of the messages before one. `queue`: they are said first. `interrupt`: they are silenced, what is being said and what
 * waits. `replace`: those that nobody has begun to say are dropped; what is being said is said to its end.
 */
export const MessagePolicy = z.enum(['queue', 'interrupt', 'replace']);
export type MessagePolicy = z.infer<typeof MessagePolicy>;

/** What a chatbot posts to have something said. */
export const MessageRequest = z
  .strictObject({
    /** Spaces, control characters and characters without width are nothing to say. */
    text: z
      .string()
      .trim()
      .regex(/[^\p{C}\p{Z}]/u, 'must not be empty')
      .max(maxRepeatLength),
    mode: MessageMode.default('repeat'),
    /** Not said any more when it has waited this long, ms. */
    expiresAfter: z.int().min(100).max(86_400_000).optional(),
    /** Default: queue. */
    policy: MessagePolicy.optional(),
  })
  .refine((m) => m.mode === 'repeat' || m.text.length <= maxTalkLength, {
    path: ['text'],
    message: `must have at most ${maxTalkLength} characters in mode talk: the vendor takes no more, and a question can't be split`,
  });
export type MessageRequest = z.infer<typeof MessageRequest>;

/** `accepted -> speaking -> spoken | interrupted | expired | failed | dropped`. */
export const MessageState = z.enum([
  'accepted',
  'speaking',
  'spoken',
  'interrupted',
  'expired',
  'failed',
  'dropped',
]);
export type MessageState = z.infer<typeof MessageState>;

/** The answer to an accepted message. `position` counts the messages before it that are not yet finished. */
export const MessageAccepted = z.object({
  id: MessageId,
  sessionId: SessionId,
  seq: z.int(),
  state: MessageState,
  position: z.int(),
});
export type MessageAccepted = z.infer<typeof MessageAccepted>;

/** A message as the API shows it. Times are epoch ms, durations ms. */
export const Message = z.object({
  id: MessageId,
  sessionId: SessionId,
  seq: z.int(),
  mode: MessageMode,
  text: z.string(),
  state: MessageState,
  acceptedAt: z.int(),
  expiresAt: z.int().optional(),
  /** When the vendor was given its first utterance. */
  submittedAt: z.int().optional(),
  /** When the avatar began to speak it. */
  speakingAt: z.int().optional(),
  /** When it reached its last state. */
  finishedAt: z.int().optional(),
  /** Between being accepted and being given to the vendor. */
  waitedMs: z.int().optional(),
  /** Between being given to the vendor and the avatar's first word. */
  vendorMs: z.int().optional(),
  /** Between being accepted and the first packet of its speech on the stage. */
  firstFrameMs: z.int().optional(),
  /** The vendor's ids of its utterances, in order. */
  taskIds: z.array(z.string()),
  /** What was heard of it before it was interrupted, as far as that is known. */
  spokenText: z.string().optional(),
  /** Why it failed or was dropped, in words. */
  reason: z.string().optional(),
  /** The event log's entry that accepted it. */
  eventId: EventId.optional(),
});
export type Message = z.infer<typeof Message>;

/** A session's messages, in the order of their acceptance. */
export const MessageList = z.object({ messages: z.array(Message) });
export type MessageList = z.infer<typeof MessageList>;

/** What a mailbox holds, in order. An interrupt concerns the messages with a `seq` below its `before`. */
export const MailboxCommand = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message'),
    id: MessageId,
    seq: z.int(),
    mode: MessageMode,
    text: z.string(),
    acceptedAt: z.int(),
    expiresAt: z.int().optional(),
  }),
  z.object({ type: z.literal('interrupt'), id: z.string(), at: z.int(), before: z.int().optional() }),
  z.object({ type: z.literal('stop'), id: z.string(), at: z.int(), reason: z.string() }),
]);
export type MailboxCommand = z.infer<typeof MailboxCommand>;

/** What may be posted with an interrupt. `before`: it silences only messages with a smaller `seq`; default: all accepted so far. */
export const InterruptRequest = z.strictObject({ before: z.int().min(1).optional() });
export type InterruptRequest = z.infer<typeof InterruptRequest>;

/** The answer to an interrupt: it acts on the messages accepted before it, or before the one that it names. */
export const InterruptAccepted = z.object({ id: z.string(), sessionId: SessionId });
export type InterruptAccepted = z.infer<typeof InterruptAccepted>;
