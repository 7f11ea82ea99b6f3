import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { configureStage, type Dialect, type SessionId, stageConfiguration } from '@avatar-bridge/contracts';
import { type HeardVoice, readAnswer, rollCallTopic } from '@avatar-bridge/relay';
import { AccessToken, DataPacket_Kind, ServerError, TrackSource } from 'livekit-server-sdk';
import type { StageSeat } from '../providers/avatar-provider.ts';
import { now } from '../clock.ts';
import { roomService } from './room-service.ts';
import { stageError } from './stage-errors.ts';
import { countViewers, occupiedRooms } from './stage-viewers.ts';

export type StageOptions = {
  url: string;
  apiKey: string;
  apiSecret: string;
  /** Where vendors reach it; default: `url`. */
  publicUrl?: string | undefined;
};

export type StageAccess = {
  /**
   * Makes sure that the stage can be joined, before a vendor session is paid for: its server answers, and the
   * room is there, also on a server that makes none by itself. A room that exists stays as it is.
   *
   * @throws StageUnavailableError, StageRefusedError
   */
  prepare(room: string, signal?: AbortSignal): Promise<void>;
  /**
   * What a relay heard that carries the avatar on the stage now, so that viewers saw and heard it until now;
   * undefined when there is none. It is asked by a roll call, since the server goes on showing the
   * participant of one that is dead. Never rejects.
   */
  carried(sessionId: SessionId, room: string, dialect?: Dialect): Promise<HeardVoice | undefined>;
  /** How many people are in the room. Rejects when the server does not say. */
  viewers(room: string): Promise<number>;
  /** Which of these rooms somebody is in, whoever that may be. Rejects when the server does not say. */
  occupied(rooms: readonly string[]): Promise<string[]>;
  /**
   * What the relay needs to put an avatar on its stage. `watches`: to receive one that is there by itself,
   * too.
   */
  admit(
    sessionId: SessionId,
    room: string,
    options: { watches: boolean; dialect?: Dialect | undefined },
  ): Promise<{ url: string; token: string }>;
  /** A place for an avatar that joins the stage by itself, beside the relay of its session. */
  seat(sessionId: SessionId, room: string, dialect?: Dialect): Promise<StageSeat>;
  /**
   * Closes the room of a session that has ended, which tells viewers that it is over. A room that was chosen
   * for the session may serve others, too: it is closed only when nobody is in it. Only for who has verified
   * to own the session: its next owner's viewers are in the same room.
   */
  close(sessionId: SessionId, room: string): Promise<void>;
};

/** A server that takes longer is as good as away. */
const requestTimeoutSeconds = 2;
/**
 * ms since it was asked. A relay that lives answers within some 20 ms, on a machine that is far too busy
 * within 800.
 */
const rollCallMs = 1_000;
const rollCallPollMs = 25;
/** The token is used when the relay joins, and again when it comes back after a lost connection. */
const lifetime = '24h';

/** Stages of the team's LiveKit. */
export function stageAccess({ url, apiKey, apiSecret, publicUrl = url }: StageOptions): StageAccess {
  const rooms = roomService({ url, apiKey, apiSecret, requestTimeoutSeconds });

  /**
   * Mints what an avatar needs on its stage and nothing more: to publish camera, microphone and data, and to
   * tell its state. The identity is fixed for a session, so LiveKit removes a former owner's relay when a new
   * one joins.
   */
  const admit: StageAccess['admit'] = async (sessionId, room, { watches, dialect }) => {
    const token = new AccessToken(apiKey, apiSecret, {
      identity: relayIdentity(sessionId, dialect),
      name: 'Avatar',
      ttl: lifetime,
    });
    token.kind = 'agent';
    configureStage(token);
    token.addGrant({
      roomJoin: true,
      room,
      canPublish: true,
      canPublishSources: [TrackSource.CAMERA, TrackSource.MICROPHONE],
      canPublishData: true,
      canSubscribe: watches,
      canUpdateOwnMetadata: true,
    });
    return { url, token: await token.toJwt() };
  };

  /**
   * LiveKit's components show the tracks of a participant that publishes on behalf of an agent as that
   * agent's: the agent is the relay's participant, which has the avatar's state and the captions.
   */
  const seat: StageAccess['seat'] = async (sessionId, room, dialect) => {
    const identity = `${relayIdentity(sessionId, dialect)}-face`;
    const token = new AccessToken(apiKey, apiSecret, { identity, name: 'Avatar', ttl: lifetime });
    token.kind = 'agent';
    token.attributes = { 'lk.publish_on_behalf': relayIdentity(sessionId, dialect) };
    configureStage(token);
    token.addGrant({ roomJoin: true, room, canPublish: true, canPublishData: true, canSubscribe: true });
    return { url: publicUrl, room, token: await token.toJwt(), identity };
  };

  const close: StageAccess['close'] = async (sessionId, room) => {
    try {
      if (room !== sessionId && (await rooms.listParticipants(room)).length > 0) return;
      await rooms.deleteRoom(room);
    } catch (error) {
      if (!(error instanceof ServerError && error.code === 'not_found')) throw error;
    }
  };

  const prepare: StageAccess['prepare'] = async (room, signal) => {
    try {
      const found = await rooms.listRooms([room]);
      signal?.throwIfAborted();
      if (found.length === 0) await rooms.createRoom({ name: room, ...stageConfiguration });
    } catch (error) {
      signal?.throwIfAborted();
      throw await stageError(error, url.replace(/^ws/, 'http'));
    }
  };

  const carried: StageAccess['carried'] = async (sessionId, room, dialect) => {
    const identity = relayIdentity(sessionId, dialect);
    const call = randomUUID();
    try {
      const asked = rooms.sendData(room, Buffer.from(call), DataPacket_Kind.RELIABLE, {
        topic: rollCallTopic,
        destinationIdentities: [identity],
      });
      const [{ tracks }] = await Promise.all([rooms.getParticipant(room, identity), asked]);
      if (tracks.length === 0) return undefined;
      for (const askedAt = now(); ; await setTimeout(rollCallPollMs)) {
        const late = now() >= askedAt + rollCallMs;
        const { attributes } = await rooms.getParticipant(room, identity);
        const heard = readAnswer(call, attributes);
        if (heard || late) return heard;
      }
    } catch {
      // The participant left meanwhile, or the server is away: nobody hears it.
      return undefined;
    }
  };

  return {
    admit,
    seat,
    close,
    prepare,
    carried,
    viewers: (room) => countViewers(rooms, room),
    occupied: (names) => occupiedRooms(rooms, names),
  };
}

/**
 * Applications of v1 know the avatar by its name in the vendor's rooms; their stages are rooms of their own.
 */
function relayIdentity(sessionId: SessionId, dialect: Dialect | undefined): string {
  return dialect === 'heygen-v1' ? 'heygen' : `avatar-${sessionId}`;
}
