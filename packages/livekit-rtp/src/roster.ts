import {
  ParticipantInfo_Kind as WireKind,
  ParticipantInfo_State,
  TrackSource as WireSource,
  TrackType,
  type ParticipantInfo,
  type TrackInfo,
} from '@livekit/protocol';
import { disconnectReasonFrom } from './disconnect-reason.ts';
import type {
  DisconnectReason,
  ParticipantKind,
  RemoteParticipant,
  RemoteTrackInfo,
  TrackSource,
} from './types.ts';

export type RosterChange =
  | { type: 'participantJoined'; participant: RemoteParticipant }
  | { type: 'participantLeft'; participant: RemoteParticipant; reason: DisconnectReason }
  | { type: 'participantUpdated'; participant: RemoteParticipant }
  | {
      type: 'trackPublished' | 'trackUnpublished' | 'trackMuted';
      track: RemoteTrackInfo;
      participant: RemoteParticipant;
    };

type Entry = { participant: RemoteParticipant; version: number };

/**
 * Who is in the room, from the server's participant updates. An update holds a participant's whole state, so what happened is the
 * difference to the state before. Updates can overtake each other: an older version of a participant is ignored.
 */
export class Roster {
  readonly participants = new Map<string, RemoteParticipant>();
  readonly #entries = new Map<string, Entry>();

  /** Takes in an update and says what changed, in the order in which to report it. */
  apply(infos: readonly ParticipantInfo[], ownIdentity: string): RosterChange[] {
    return infos.filter((info) => info.identity !== ownIdentity).flatMap((info) => this.#applyOne(info));
  }

  /** Takes in the whole room, as a join response tells of it: whoever is not named has left meanwhile, we do not know why. */
  replace(infos: readonly ParticipantInfo[], ownIdentity: string): RosterChange[] {
    const here = new Set(infos.map(({ identity }) => identity));
    const gone = [...this.#entries.values()].filter(({ participant }) => !here.has(participant.identity));
    const changes = gone.flatMap((entry) => this.#remove(entry, 'other'));
    // Another server numbers its updates anew.
    for (const entry of this.#entries.values()) entry.version = 0;
    return [...changes, ...this.apply(infos, ownIdentity)];
  }

  /** The participant who publishes the track with this id now. */
  publisherOf(trackSid: string): { participant: RemoteParticipant; track: RemoteTrackInfo } | undefined {
    for (const participant of this.participants.values()) {
      const track = participant.tracks.find((one) => one.sid === trackSid);
      if (track !== undefined) return { participant, track };
    }
    return undefined;
  }

  bySid(sid: string): RemoteParticipant | undefined {
    for (const participant of this.participants.values()) if (participant.sid === sid) return participant;
    return undefined;
  }

  #applyOne(info: ParticipantInfo): RosterChange[] {
    const known = this.#entries.get(info.identity);
    if (info.state === ParticipantInfo_State.DISCONNECTED) {
      return known?.participant.sid === info.sid
        ? this.#remove(known, disconnectReasonFrom(info.disconnectReason))
        : [];
    }
    // The same identity with another sid is somebody new; the server need not say that the one before is gone.
    if (known !== undefined && known.participant.sid !== info.sid) {
      return [...this.#remove(known, 'duplicate-identity'), ...this.#add(info)];
    }
    if (known === undefined) return this.#add(info);
    return info.version < known.version ? [] : this.#change(known, info);
  }

  #add(info: ParticipantInfo): RosterChange[] {
    const participant = participantFrom(info);
    this.#store(participant, info.version);
    return [
      { type: 'participantJoined', participant },
      ...participant.tracks.map((track) => ({ type: 'trackPublished' as const, track, participant })),
    ];
  }

  #change(known: Entry, info: ParticipantInfo): RosterChange[] {
    const before = known.participant;
    const participant = participantFrom(info);
    this.#store(participant, info.version);
    const changes: RosterChange[] = [];
    if (!sameProfile(before, participant)) changes.push({ type: 'participantUpdated', participant });
    for (const track of before.tracks) {
      if (!participant.tracks.some(({ sid }) => sid === track.sid))
        changes.push({ type: 'trackUnpublished', track, participant });
    }
    for (const track of participant.tracks) {
      const old = before.tracks.find(({ sid }) => sid === track.sid);
      if (old === undefined) changes.push({ type: 'trackPublished', track, participant });
      else if (old.muted !== track.muted) changes.push({ type: 'trackMuted', track, participant });
    }
    return changes;
  }

  #remove({ participant }: Entry, reason: DisconnectReason): RosterChange[] {
    this.#entries.delete(participant.identity);
    this.participants.delete(participant.identity);
    return [
      ...participant.tracks.map((track) => ({ type: 'trackUnpublished' as const, track, participant })),
      { type: 'participantLeft', participant, reason },
    ];
  }

  #store(participant: RemoteParticipant, version: number): void {
    this.#entries.set(participant.identity, { participant, version });
    this.participants.set(participant.identity, participant);
  }
}

function participantFrom(info: ParticipantInfo): RemoteParticipant {
  return {
    sid: info.sid,
    identity: info.identity,
    name: info.name,
    kind: KINDS[info.kind] ?? 'other',
    attributes: { ...info.attributes },
    metadata: info.metadata,
    tracks: info.tracks
      .filter(({ type }) => type === TrackType.AUDIO || type === TrackType.VIDEO)
      .map(trackFrom),
  };
}

function trackFrom(info: TrackInfo): RemoteTrackInfo {
  return {
    sid: info.sid,
    name: info.name,
    kind: info.type === TrackType.AUDIO ? 'audio' : 'video',
    source: SOURCES[info.source] ?? 'unknown',
    muted: info.muted,
    width: info.width,
    height: info.height,
    mimeType: info.mimeType || (info.codecs[0]?.mimeType ?? ''),
    stream: info.stream,
  };
}

const KINDS: Partial<Record<WireKind, ParticipantKind>> = {
  [WireKind.STANDARD]: 'standard',
  [WireKind.INGRESS]: 'ingress',
  [WireKind.EGRESS]: 'egress',
  [WireKind.SIP]: 'sip',
  [WireKind.AGENT]: 'agent',
};

const SOURCES: Partial<Record<WireSource, TrackSource>> = {
  [WireSource.CAMERA]: 'camera',
  [WireSource.MICROPHONE]: 'microphone',
  [WireSource.SCREEN_SHARE]: 'screen',
  [WireSource.SCREEN_SHARE_AUDIO]: 'screen-audio',
};

function sameProfile(a: RemoteParticipant, b: RemoteParticipant): boolean {
  const keys = Object.keys(a.attributes);
  return (
    a.name === b.name &&
    a.metadata === b.metadata &&
    keys.length === Object.keys(b.attributes).length &&
    keys.every((key) => a.attributes[key] === b.attributes[key])
  );
}
