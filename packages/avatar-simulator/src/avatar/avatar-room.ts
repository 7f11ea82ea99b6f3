import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedData } from '@avatar-bridge/livekit-rtp';
import { bounds } from '../limits.ts';
import type { AvatarContext } from './avatar-context.ts';
import type { AvatarMedia, Face } from './avatar-media.ts';

/** Where an avatar appears: in a room of its session's own, or in one that it was handed a token for. */
export type AvatarPlace = { kind: 'own' } | { kind: 'handed'; url: string; token: string };

type AvatarRoomOptions = {
  /** The session's id, and the name of its own room. */
  name: string;
  place: AvatarPlace;
  face: Face;
  context: AvatarContext;
  onPresence: (identity: string, present: boolean) => void;
  onData: (data: ReceivedData) => void;
  onLost: (reason: 'room-lost' | 'media-failed') => void;
};

/** A session's LiveKit room with the avatar in it. */
export class AvatarRoom {
  readonly #options: AvatarRoomOptions;
  readonly #over = new AbortController();
  #making: Promise<void> = Promise.resolve();
  #media: AvatarMedia | undefined;
  #unsent = 0;

  constructor(options: AvatarRoomOptions) {
    this.#options = options;
  }

  /** Makes the session's own room; a handed one is there already. */
  make(): Promise<void> {
    const { name, place, context } = this.#options;
    if (place.kind === 'own') this.#making = context.rooms.create(name);
    return this.#making;
  }

  /** Lets the avatar join; resolves when both its tracks are up, with nothing when they never will be. */
  async bringUp(): Promise<AvatarMedia | undefined> {
    const { name, place, face, context, onLost } = this.#options;
    const { signal } = this.#over;
    try {
      await sleep(context.startDelay, undefined, { signal });
      if (context.faults.takeNoMedia()) return undefined;
      const access =
        place.kind === 'handed'
          ? { url: place.url, token: place.token }
          : { url: context.rooms.url, token: await context.rooms.avatarToken(name) };
      const media = await context.startMedia({ ...face, ...access, logger: context.logger, signal });
      if (signal.aborted) {
        await media.close('session closed');
        return undefined;
      }
      this.#media = media;
      this.#watch(media);
      await media.ready;
      return signal.aborted ? undefined : media;
    } catch (error) {
      if (signal.aborted) return undefined;
      context.logger.error({ err: error, sessionId: name }, 'The avatar could not join its room');
      onLost('media-failed');
      return undefined;
    }
  }

  /** Reliable, no topic, in the order of the calls; nothing more once the room is closed. */
  tell(payload: object): void {
    if (!this.#media || this.#over.signal.aborted || this.#unsent >= bounds.unsentMessages) return;
    const { context, name } = this.#options;
    this.#unsent++;
    this.#media.participant
      .sendData(Buffer.from(JSON.stringify(payload)), { reliable: true })
      .catch((error: unknown) =>
        context.logger.debug({ err: error, sessionId: name }, 'A room message could not be sent'),
      )
      .finally(() => this.#unsent--);
  }

  stall(kind: 'audio' | 'video' | 'both', on: boolean): void {
    this.#media?.stall(kind, on);
  }

  /** Deletes the session's own room first: its participants are told that, not that the avatar left. */
  async close(reason: string): Promise<void> {
    const { name, place, context } = this.#options;
    this.#over.abort();
    await this.#making.catch(() => undefined);
    if (place.kind === 'own') await context.rooms.delete(name);
    await this.#media?.close(reason).catch(() => undefined);
    this.#media = undefined;
  }

  #watch({ participant }: AvatarMedia): void {
    const { onPresence, onData, onLost } = this.#options;
    participant.on('participantJoined', ({ identity }) => onPresence(identity, true));
    participant.on('participantLeft', ({ identity }) => onPresence(identity, false));
    for (const identity of participant.remoteParticipants.keys()) onPresence(identity, true);
    participant.on('data', onData);
    participant.on('disconnected', () => onLost('room-lost'));
  }
}
