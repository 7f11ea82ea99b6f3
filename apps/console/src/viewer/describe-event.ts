import type { SessionLimit, StreamedEvent } from '@avatar-bridge/contracts';
import { inLine } from './in-line.ts';
import { providerName } from './provider-name.ts';

export type Tone = 'plain' | 'good' | 'active' | 'warning' | 'bad';

type Description = { text: string; tone: Tone };

const limitNames: Record<SessionLimit, string> = {
  'max-duration': 'The session has nearly lasted as long as it may',
  idle: 'Nobody uses the session',
  unwatched: 'Nobody watches the session',
};

/**
 * An event in a person's words, for the status log. One that this page does not know yet is shown by its
 * name.
 */
export function describeEvent(event: StreamedEvent): Description {
  return describeKnown(event) ?? { text: event.type, tone: 'plain' };
}

function describeKnown(event: StreamedEvent): Description | undefined {
  switch (event.type) {
    case 'reset':
      return { text: 'Joined in the middle: older events are no longer kept', tone: 'plain' };
    case 'session.queued':
      return { text: `Session queued: ${inLine(event.position)}`, tone: 'plain' };
    case 'session.position':
      return { text: `Waiting for a slot: ${inLine(event.position)}`, tone: 'plain' };
    case 'session.starting':
      return event.reason === undefined
        ? { text: 'Starting the avatar', tone: 'plain' }
        : { text: `Not started yet: ${event.reason}`, tone: 'warning' };
    case 'session.live':
      return { text: 'The avatar is live', tone: 'good' };
    case 'session.recovering':
      return { text: `Recovering: ${event.reason}`, tone: 'warning' };
    case 'session.warned':
      return {
        text: `${limitNames[event.limit]}: ${event.action === 'park' ? 'the avatar leaves' : 'it closes'} in ${duration(event.inMs)}`,
        tone: 'warning',
      };
    case 'session.parked':
      return { text: `${limitNames[event.reason]}: the avatar has left until it is needed`, tone: 'plain' };
    case 'session.stopping':
      return { text: 'Closing the session', tone: 'plain' };
    case 'session.ended':
      return {
        text: event.outcome === 'failed' ? `Session failed: ${event.message}` : 'Session closed',
        tone: event.outcome === 'failed' ? 'bad' : 'plain',
      };
    case 'vendor.opened':
      return {
        text:
          event.provider === 'voice-only'
            ? 'Our own voice speaks, with a still picture'
            : `Vendor session opened at ${providerName(event.provider)}`,
        tone: 'plain',
      };
    case 'vendor.closed':
      return { text: `Vendor session closed: ${event.reason}`, tone: 'plain' };
    case 'vendor.event':
      return { text: `${event.source}: ${event.name}`, tone: 'plain' };
    case 'message.accepted':
      return { text: `Message ${event.seq} (${event.mode}): ${event.text}`, tone: 'plain' };
    case 'message.speaking':
      return {
        text: `Speaking message ${event.seq}${event.provider === undefined ? '' : ` by ${providerName(event.provider)}`}`,
        tone: 'active',
      };
    case 'message.spoken':
      return {
        text: `Message ${event.seq} spoken${event.firstFrameMs === undefined ? '' : `, first heard after ${duration(event.firstFrameMs)}`}`,
        tone: 'good',
      };
    case 'message.interrupted':
      return { text: `Message ${event.seq} interrupted`, tone: 'warning' };
    case 'message.expired':
      return { text: `Message ${event.seq} waited too long and was not said`, tone: 'warning' };
    case 'message.failed':
      return { text: `Message ${event.seq} failed: ${event.reason}`, tone: 'bad' };
    case 'message.dropped':
      return { text: `Message ${event.seq} dropped: ${event.reason}`, tone: 'warning' };
    case 'interrupt.accepted':
      return { text: 'Interrupt asked for', tone: 'plain' };
    case 'interrupt.done':
      return { text: `Interrupted after ${duration(event.tookMs)}`, tone: 'warning' };
    case 'avatar.state':
      return { text: `The avatar is ${event.state}`, tone: 'plain' };
    case 'caption.updated':
      return {
        text: `${event.speaker === 'avatar' ? 'Avatar' : 'User'}: ${event.from === undefined ? '' : '…'}${event.text}`,
        tone: 'plain',
      };
    case 'user.started':
      return { text: 'The user speaks', tone: 'plain' };
    case 'user.stopped':
      return { text: 'The user stopped speaking', tone: 'plain' };
    case 'user.silent':
      return { text: 'The user is silent', tone: 'plain' };
    case 'relay.started':
      return describeRelay(event);
    case 'relay.restarting':
      return { text: `What carries the avatar is started again (${event.reason})`, tone: 'warning' };
    case 'relay.restarted':
      return {
        text: `The avatar is carried to the stage again after ${duration(event.gapMs)}`,
        tone: 'good',
      };
    case 'relay.reconnecting':
      return {
        text: `${roomName(event.side)} was lost (${event.reason}) and is being joined again`,
        tone: 'warning',
      };
    case 'relay.reconnected':
      return { text: `${roomName(event.side)} is joined again after ${duration(event.gapMs)}`, tone: 'good' };
    case 'stage.lost':
      return { text: `The avatar was taken off the stage: ${event.reason}`, tone: 'warning' };
    case 'stage.back':
      return { text: `The avatar is on the stage again after ${duration(event.awayMs)}`, tone: 'good' };
    case 'stage.muted':
      return {
        text: `A moderator muted the avatar's ${event.kind === 'video' ? 'picture' : 'sound'} on the stage`,
        tone: 'warning',
      };
    case 'stage.unmuted':
      return {
        text: `The avatar's ${event.kind === 'video' ? 'picture' : 'sound'} is no longer muted on the stage`,
        tone: 'good',
      };
    case 'audience.changed':
      return {
        text: event.watched ? 'Somebody is watching' : 'Nobody is watching: the picture is paused',
        tone: 'plain',
      };
    case 'media.started':
      return { text: `${event.kind === 'video' ? 'Picture' : 'Sound'} is on the stage`, tone: 'good' };
    case 'media.stalled':
      return { text: `${event.kind === 'video' ? 'Picture' : 'Sound'} has stalled`, tone: 'warning' };
    case 'media.resumed':
      return {
        text: `${event.kind === 'video' ? 'Picture' : 'Sound'} is back after ${duration(event.gapMs)}`,
        tone: 'good',
      };
    case 'provider.changed':
      return {
        text: `${providerName(event.to)} goes on in place of ${providerName(event.from)}: ${event.reason}`,
        tone: 'warning',
      };
    case 'vendor.credits':
      return {
        text: `${providerName(event.provider)} has ${event.remaining} credits left`,
        tone: event.low ? 'warning' : 'plain',
      };
    case 'media.stats': {
      const lost = (event.video?.lost ?? 0) + (event.audio?.lost ?? 0);
      const text = `Picture at ${Math.round(event.video?.framesPerSecond ?? 0)} frames/s, ${Math.round((event.video?.bitrate ?? 0) / 1_000)} kbit/s, ${lost} packets lost in ${Math.round(event.windowMs / 1_000)} s`;
      return { text: `${text}${skewText(event.skewMs)}`, tone: 'plain' };
    }
  }
}

function describeRelay({ engine, reason }: Extract<StreamedEvent, { type: 'relay.started' }>): Description {
  switch (engine) {
    case 'transcode': {
      const why = reason === undefined ? '' : ` (${reason})`;
      return { text: `The picture is encoded anew on its way to the stage${why}`, tone: 'warning' };
    }
    case 'direct':
      return { text: 'The avatar joins the stage by itself', tone: 'plain' };
    case 'voice':
      return { text: 'The voice is on its way to the stage', tone: 'plain' };
    case 'rtp':
      return { text: 'The avatar is on its way to the stage', tone: 'plain' };
  }
}

/** 5,000 ms and more in seconds. */
function duration(ms: number): string {
  return ms < 5_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function skewText(skew: number | undefined): string {
  return skew === undefined
    ? ''
    : `, voice ${Math.abs(skew)} ms ${skew < 0 ? 'before' : 'after'} the picture`;
}

function roomName(side: 'source' | 'stage'): string {
  return side === 'stage' ? 'The stage' : 'The vendor’s room';
}
