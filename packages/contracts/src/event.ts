import { z } from 'zod';
import { EventId, MessageId, SessionId } from './ids.ts';
import { MessageMode } from './message.ts';
import { Session, SessionEnd, WhenUnused } from './session.ts';

export const AvatarState = z.enum(['initializing', 'listening', 'thinking', 'speaking']);
export type AvatarState = z.infer<typeof AvatarState>;

/** What bounds a session's bill, as events and ends name it; see SessionLimits. */
export const SessionLimit = z.enum(['max-duration', 'idle', 'unwatched']);
export type SessionLimit = z.infer<typeof SessionLimit>;

const message = { messageId: MessageId, seq: z.int() };
/** `bitrate` in bit/s; `framesPerSecond` at the end of that time. */
const MediaStats = z.object({
  packets: z.int(),
  lost: z.int(),
  repaired: z.int(),
  framesPerSecond: z.number(),
  bitrate: z.int(),
});
const media = { kind: z.enum(['audio', 'video']) };

/**
 * What can happen to a session, without the envelope. Names are `noun.verb`; times are epoch ms, durations
 * ms.
 */
export const SessionEventBody = z.discriminatedUnion('type', [
  /** `position`: how many sessions wait before it. */
  z.object({ type: z.literal('session.queued'), position: z.int() }),
  /**
   * It has moved on in the queue. Near its turn every step is told, further back only when the position has
   * halved, or doubled.
   */
  z.object({
    type: z.literal('session.position'),
    position: z.int(),
    estimatedWaitSeconds: z.int().optional(),
  }),
  /** A worker has it. Told again with a `reason` when it can't start yet. */
  z.object({
    type: z.literal('session.starting'),
    epoch: z.int(),
    worker: z.string(),
    reason: z.string().optional(),
  }),
  z.object({ type: z.literal('session.live'), room: z.string() }),
  z.object({ type: z.literal('session.recovering'), reason: z.string(), attempt: z.int() }),
  /** In `inMs` a limit of the session is reached, unless a message or a viewer comes. */
  z.object({ type: z.literal('session.warned'), limit: SessionLimit, action: WhenUnused, inMs: z.int() }),
  /** Its vendor session is closed. It goes on when a message or a viewer comes. */
  z.object({ type: z.literal('session.parked'), reason: SessionLimit.exclude(['max-duration']) }),
  z.object({ type: z.literal('session.stopping'), reason: z.string() }),
  z.object({ type: z.literal('session.ended'), ...SessionEnd.shape }),

  z.object({ type: z.literal('vendor.opened'), provider: z.string(), vendorSessionId: z.string() }),
  z.object({
    type: z.literal('vendor.closed'),
    provider: z.string(),
    vendorSessionId: z.string(),
    reason: z.string(),
  }),
  /** Each event of the vendor as it came, whatever it says: where the worker is set to keep them. */
  z.object({
    type: z.literal('vendor.event'),
    source: z.enum(['room', 'socket']),
    name: z.string(),
    payload: z.unknown(),
  }),

  /** Another of the session's providers goes on, with the mailbox and on the same stage. */
  z.object({
    type: z.literal('provider.changed'),
    from: z.string(),
    to: z.string(),
    reason: z.string(),
  }),
  /**
   * What the vendor account has left, in the vendor's credits; `low`: fewer than a session is likely to need.
   */
  z.object({
    type: z.literal('vendor.credits'),
    provider: z.string(),
    remaining: z.number(),
    low: z.boolean(),
  }),

  z.object({ type: z.literal('message.accepted'), ...message, mode: MessageMode, text: z.string() }),
  z.object({
    type: z.literal('message.speaking'),
    ...message,
    taskId: z.string().optional(),
    /** Who says it. */
    provider: z.string().optional(),
    /** `waitedMs`: until the vendor had it; `vendorMs`: from then on until the first word. */
    waitedMs: z.int(),
    vendorMs: z.int().optional(),
  }),
  /**
   * `provider`: who said its end; after a change of provider that may be another one than said its beginning.
   */
  z.object({
    type: z.literal('message.spoken'),
    ...message,
    firstFrameMs: z.int().optional(),
    provider: z.string().optional(),
  }),
  /** `spokenText`: what was heard of it before, as far as that is known. */
  z.object({ type: z.literal('message.interrupted'), ...message, spokenText: z.string().optional() }),
  z.object({ type: z.literal('message.expired'), ...message }),
  z.object({ type: z.literal('message.failed'), ...message, code: z.string(), reason: z.string() }),
  z.object({ type: z.literal('message.dropped'), ...message, reason: z.string() }),
  /** It concerns the messages with a `seq` below `before`. */
  z.object({ type: z.literal('interrupt.accepted'), commandId: z.string(), before: z.int().optional() }),
  /** The vendor was told to be silent; `tookMs` counts from the interrupt's acceptance. */
  z.object({ type: z.literal('interrupt.done'), commandId: z.string(), tookMs: z.int() }),

  z.object({ type: z.literal('avatar.state'), state: AvatarState }),
  /**
   * What is being said, by whom; a segment grows until it is final. `text` begins at the segment's character
   * `from`; without one it is all of it so far, as in the first event of a segment and always in the final
   * one.
   */
  z.object({
    type: z.literal('caption.updated'),
    speaker: z.enum(['avatar', 'user']),
    segmentId: z.string(),
    from: z.int().optional(),
    text: z.string(),
    final: z.boolean(),
    messageId: MessageId.optional(),
  }),
  z.object({ type: z.literal('user.started') }),
  z.object({ type: z.literal('user.stopped') }),
  z.object({
    type: z.literal('user.silent'),
    silenceTimes: z.int().optional(),
    countDown: z.number().optional(),
  }),

  /**
   * The avatar is carried to the stage: by what, and why by that (`default`, `asked-for`, or what hindered a
   * cheaper engine).
   */
  z.object({
    type: z.literal('relay.started'),
    engine: z.enum(['rtp', 'transcode', 'direct', 'voice']),
    reason: z.string().optional(),
  }),
  /**
   * The process that carried the avatar is gone, another takes over; `gapMs` counts from there until it has.
   */
  z.object({ type: z.literal('relay.restarting'), reason: z.string() }),
  z.object({ type: z.literal('relay.restarted'), gapMs: z.int() }),
  /** The vendor's room (`source`) or the stage was lost, and the relay joins it again. */
  z.object({ type: z.literal('relay.reconnecting'), side: z.enum(['source', 'stage']), reason: z.string() }),
  z.object({ type: z.literal('relay.reconnected'), side: z.enum(['source', 'stage']), gapMs: z.int() }),
  /**
   * The avatar is no longer on the stage, for a reason that is not the vendor's: `participant-removed` and
   * `room-deleted` by somebody who may moderate it, `relay-track-removed` when it may no longer publish
   * there, `duplicate-identity` by a participant of the same identity, or as the server or the relay says.
   * Its vendor session is kept; what viewers had not heard to its end is said again.
   */
  z.object({ type: z.literal('stage.lost'), reason: z.string() }),
  z.object({ type: z.literal('stage.back'), awayMs: z.int() }),
  /**
   * Somebody who may moderate the stage muted the avatar there: viewers do not see or hear it until it is
   * unmuted. While it can't be heard nothing is said; what was being said is said again.
   */
  z.object({ type: z.literal('stage.muted'), ...media }),
  z.object({ type: z.literal('stage.unmuted'), ...media }),
  /** Somebody on the stage receives the picture, or nobody does any more; told some seconds late. */
  z.object({ type: z.literal('audience.changed'), watched: z.boolean() }),
  /** The first packet of a kind is on the stage. */
  z.object({ type: z.literal('media.started'), ...media }),
  z.object({ type: z.literal('media.stalled'), ...media, stalledMs: z.int() }),
  z.object({ type: z.literal('media.resumed'), ...media, gapMs: z.int() }),
  /**
   * About once a minute: what was carried to the stage within the last `windowMs`. `lost` never came from the
   * vendor, `repaired` came when asked for again. `skewMs`: how much later than the picture the voice went
   * there lately; negative when it went earlier.
   */
  z.object({
    type: z.literal('media.stats'),
    windowMs: z.int(),
    skewMs: z.int().optional(),
    video: MediaStats.optional(),
    audio: MediaStats.optional(),
  }),
]);
export type SessionEventBody = z.infer<typeof SessionEventBody>;
export type SessionEventType = SessionEventBody['type'];

const envelope = z.object({ id: EventId, sessionId: SessionId, at: z.int() });

/** An entry of a session's event log. */
export const SessionEvent = z.intersection(envelope, SessionEventBody);
export type SessionEvent = z.infer<typeof envelope> & SessionEventBody;

/** Sent instead of a replay when the asked-for place is no longer in the log: start again from this. */
export const ResetEvent = z.object({
  type: z.literal('reset'),
  id: EventId,
  sessionId: SessionId,
  at: z.int(),
  snapshot: Session,
});
export type ResetEvent = z.infer<typeof ResetEvent>;

/** What listeners get, over SSE and WebSocket alike. */
export type StreamedEvent = SessionEvent | ResetEvent;
