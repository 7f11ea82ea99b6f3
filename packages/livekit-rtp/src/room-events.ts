import { ConnectionQuality as WireQuality, type SubscribedQualityUpdate } from '@livekit/protocol';
import type { RtpParticipantEvents } from './events.ts';
import type { RosterChange } from './roster.ts';
import type { ServerMessage } from './signal-connection.ts';
import type { ConnectionQuality } from './types.ts';

type EventOf<Told extends keyof RtpParticipantEvents> = {
  [E in Told]: { name: E; args: RtpParticipantEvents[E] };
}[Told];
export type RoomEvent = EventOf<'speakers' | 'connectionQuality' | 'audience'>;
export type RosterEvent = EventOf<RosterChange['type']>;

/** The event of a change of who is in the room with what. */
export function rosterEvent(change: RosterChange): RosterEvent {
  switch (change.type) {
    case 'participantLeft':
      return { name: change.type, args: [change.participant, change.reason] };
    case 'participantJoined':
    case 'participantUpdated':
      return { name: change.type, args: [change.participant] };
    case 'trackPublished':
    case 'trackUnpublished':
      return { name: change.type, args: [change.track, change.participant] };
    case 'trackMuted':
      return { name: change.type, args: [change.track, change.participant, change.track.muted] };
  }
}

/** The events in messages that change nothing here and are only passed on. */
export function roomEvents(message: ServerMessage, identityOf: (sid: string) => string): RoomEvent[] {
  switch (message.case) {
    case 'speakersChanged': {
      const speakers = message.value.speakers.map(({ sid, level, active }) => ({
        sid,
        identity: identityOf(sid),
        level,
        active,
      }));
      return [{ name: 'speakers', args: [speakers] }];
    }
    case 'connectionQuality':
      return message.value.updates.flatMap(({ participantSid: sid, quality: wire }): RoomEvent[] => {
        const quality = QUALITIES[wire];
        return quality === undefined
          ? []
          : [{ name: 'connectionQuality', args: [{ sid, identity: identityOf(sid), quality }] }];
      });
    case 'trackSubscribed':
      return [{ name: 'audience', args: [{ trackSid: message.value.trackSid, watched: true }] }];
    case 'subscribedQualityUpdate':
      return [
        {
          name: 'audience',
          args: [{ trackSid: message.value.trackSid, watched: anyEnabled(message.value) }],
        },
      ];
    default:
      return [];
  }
}

function anyEnabled({ subscribedCodecs, subscribedQualities }: SubscribedQualityUpdate): boolean {
  const qualities =
    subscribedCodecs.length > 0 ? subscribedCodecs.flatMap((codec) => codec.qualities) : subscribedQualities;
  return qualities.some(({ enabled }) => enabled);
}

/** A newer server may name others. */
const QUALITIES: Partial<Record<WireQuality, ConnectionQuality>> = {
  [WireQuality.POOR]: 'poor',
  [WireQuality.GOOD]: 'good',
  [WireQuality.EXCELLENT]: 'excellent',
  [WireQuality.LOST]: 'lost',
};
