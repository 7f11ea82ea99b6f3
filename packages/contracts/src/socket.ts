import { z } from 'zod';
import { InterruptRequest, MessageRequest } from './message.ts';
import type { StreamedEvent } from './event.ts';
import type { Problem } from './problem.ts';

/** The client's own name for a request over the socket; the answer carries it. */
const requestId = z.string().min(1).max(128);

/** What a client may send over `/v1/sessions/{id}/socket`. `id` serves as Idempotency-Key of messages and interrupts. */
export const SocketRequest = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('message'), id: requestId, message: MessageRequest }),
  z.strictObject({ type: z.literal('interrupt'), id: requestId, ...InterruptRequest.shape }),
  z.strictObject({ type: z.literal('ping'), id: requestId }),
]);
export type SocketRequest = z.infer<typeof SocketRequest>;

/** What the server sends: events as they come, and one answer to each request. */
export type SocketResponse =
  | { type: 'event'; event: StreamedEvent }
  | { type: 'answer'; id: string; result: unknown }
  | { type: 'error'; id: string | null; problem: Problem };

/** How the server closes a socket. After all but `ended` and `refused`, connect again with `?after=` the last event's id. */
export const socketClose = {
  /** `session.ended` was the last event. */
  ended: 1000,
  /** This gateway stops; another one has everything. */
  goingAway: 1001,
  /** Binary frames are not understood. */
  refused: 1003,
  /** The ticket that opened the socket has expired; come back with a new one. */
  ticketExpired: 4001,
  /** The reader was too slow; nothing is lost. */
  slowReader: 4008,
  /** The events could not be read. */
  failed: 1011,
} as const;
