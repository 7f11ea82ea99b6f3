import { setTimeout as sleep } from 'node:timers/promises';
import type { NewSessionRequest } from '@avatar-bridge/heygen-client';
import type { AvatarMedia } from './avatar-media.ts';
import { bounds } from '../limits.ts';
import { clientIdentity } from './rooms.ts';
import type { SessionContext } from '../v1/session/session-context.ts';

type AvatarRoomOptions = {
  name: string;
  request: NewSessionRequest;
  context: SessionContext;
  onClientJoined: () => void;
  /** A JSON string from the client: what the SDK sends with the LiveKit transport. */
  onText: (text: string) => void;
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

  make(): Promise<void> {
    this.#making = this.#options.context.rooms.create(this.#options.name);
    return this.#making;
  }

  /** Lets the avatar join; resolves when both its tracks are up, with nothing when they never will be. */
  async bringUp(): Promise<AvatarMedia | undefined> {
    const { name, request, context, onLost } = this.#options;
    const { signal } = this.#over;
    try {
      await sleep(context.startDelay, undefined, { signal });
      if (context.faults.takeNoMedia()) return undefined;
      const media = await context.startMedia({
        url: context.rooms.url,
        token: await context.rooms.avatarToken(name),
        videoEncoding: request.video_encoding ?? 'VP8',
        quality: request.quality ?? 'low',
        ...(request.voice?.voice_id && { voiceId: request.voice.voice_id }),
        ...(request.voice?.rate !== undefined && { rate: request.voice.rate }),
        ...(request.language && { language: request.language }),
        logger: context.logger,
        signal,
      });
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

  /** Deletes the room first: its participants are told that, not that the avatar left. */
  async close(reason: string): Promise<void> {
    this.#over.abort();
    await this.#making.catch(() => undefined);
    await this.#options.context.rooms.delete(this.#options.name);
    await this.#media?.close(reason).catch(() => undefined);
    this.#media = undefined;
  }

  #watch({ participant }: AvatarMedia): void {
    const { onClientJoined, onText, onLost } = this.#options;
    participant.on('participantJoined', ({ identity }) => {
      if (identity === clientIdentity) onClientJoined();
    });
    if (participant.remoteParticipants.has(clientIdentity)) onClientJoined();
    participant.on('data', ({ payload, participantIdentity }) => {
      const text = participantIdentity === clientIdentity ? jsonString(payload) : undefined;
      if (text !== undefined) onText(text);
    });
    participant.on('disconnected', () => onLost('room-lost'));
  }
}

function jsonString(payload: Buffer): string | undefined {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'));
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
