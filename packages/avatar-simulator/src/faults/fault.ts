import { RoomMessage, TaskMode, vendorErrors } from '@avatar-bridge/heygen-client';
import { liveAvatarErrors, LiteMessage, ResponseMessage } from '@avatar-bridge/heygen-client/liveavatar';
import { z } from 'zod';
import { faultPaths } from './paths.ts';

const errorNames = [...new Set([...Object.keys(vendorErrors), ...Object.keys(liveAvatarErrors)])] as (
  | keyof typeof vendorErrors
  | keyof typeof liveAvatarErrors
)[];
const eventNames = [
  ...RoomMessage.options.map((option) => option.shape.type.value),
  ...ResponseMessage.options.map((option) => option.shape.event_type.value),
  ...LiteMessage.options.map((option) => option.shape.type.value),
];

const Times = z.union([z.int().min(1).max(1_000_000), z.literal('always')]);
const sessionId = z.string().min(1).max(128).optional().describe('only this session; default: any');
const ms = z.int().min(0).max(3_600_000);

/** Which requests a fault hits, and how often. */
const request = {
  path: z.enum(faultPaths).describe('an endpoint of the vendor, or * for all of them'),
  sessionId,
  taskMode: TaskMode.optional().describe('streaming.task only: tasks of this mode'),
  times: Times.default(1).describe('how many requests it hits'),
};
const phase = z
  .enum(['before', 'after'])
  .default('before')
  .describe('before: nothing was done yet; after: it was done, the answer is late or lost');

/** What POST /admin/faults takes. */
export const Fault = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('refuse'),
    ...request,
    error: z
      .enum(errorNames)
      .optional()
      .describe('one of the vendor errors by name; status, code and message override its parts'),
    status: z.int().min(400).max(599).optional(),
    code: z.int().optional(),
    message: z.string().max(1_000).optional(),
    retryAfter: z.int().min(0).max(3_600).optional().describe('seconds, sent as Retry-After'),
    body: z
      .string()
      .max(10_000)
      .optional()
      .describe('sent as text/html instead of the error, as gateways in between do'),
  }),
  z.strictObject({ kind: z.literal('delay'), ...request, phase, ms }),
  z.strictObject({ kind: z.literal('hang'), ...request, phase }),
  z.strictObject({ kind: z.literal('cut'), ...request, phase }),
  z.strictObject({ kind: z.literal('drop-session'), sessionId }),
  z.strictObject({
    kind: z.literal('stall-media'),
    sessionId,
    media: z.enum(['audio', 'video', 'both']).default('both'),
    ms: ms.optional().describe('default: until the faults are deleted'),
  }),
  z.strictObject({ kind: z.literal('drop-socket'), sessionId }),
  z.strictObject({
    kind: z.literal('no-media'),
    times: Times.default(1).describe('how many sessions start without tracks'),
  }),
  z.strictObject({
    kind: z.literal('disorder-events'),
    sessionId,
    times: Times.default(1).describe('how many tasks it hits'),
  }),
  z.strictObject({
    kind: z.literal('lose-events'),
    sessionId,
    events: z
      .array(z.enum(eventNames))
      .min(1)
      .describe('messages of the room or the audio socket that are never sent'),
    times: Times.default(1).describe('how many tasks it hits'),
  }),
]);
export type Fault = z.infer<typeof Fault>;
export type FaultOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;
