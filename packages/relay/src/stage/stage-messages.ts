import type { RtpParticipant } from '@avatar-bridge/livekit-rtp';
import { RetryableError } from '../errors.ts';
import type { AvatarState, Caption } from '../media-relay.ts';
import { roomError } from '../relay/room-error.ts';

/** What LiveKit's components and agents look for. */
const transcriptionTopic = 'lk.transcription';
const stateAttribute = 'lk.agent.state';

export type StageMessagesOptions = {
  /** `undefined` while the stage is not joined, and after it was left. */
  participant: () => RtpParticipant | undefined;
  /** The id of the track that captions transcribe. */
  audioSid: () => string | undefined;
};

/**
 * What the avatar's participant tells viewers besides its tracks. Calls reject with a RelayError of side
 * `stage`.
 */
export class StageMessages {
  readonly #options: StageMessagesOptions;

  constructor(options: StageMessagesOptions) {
    this.#options = options;
  }

  /**
   * Each caption is a stream of its own; streams with the same segment id replace each other in LiveKit's
   * clients.
   */
  async caption({ text, segmentId, final }: Caption): Promise<void> {
    const audioSid = this.#options.audioSid();
    const attributes: Record<string, string> = {
      'lk.segment_id': segmentId,
      'lk.transcription_final': String(final),
      ...(audioSid !== undefined && { 'lk.transcribed_track_id': audioSid }),
    };
    await this.#call((participant) => participant.sendText(text, { topic: transcriptionTopic, attributes }));
  }

  async setState(state: AvatarState): Promise<void> {
    await this.#call((participant) => participant.setAttributes({ [stateAttribute]: state }));
  }

  async answer(attributes: Record<string, string>): Promise<void> {
    await this.#call((participant) => participant.setAttributes(attributes));
  }

  /** Reliable; to everybody, or to `destination` only. */
  async sendData(payload: string, topic: string | undefined, destination?: string): Promise<void> {
    const options = {
      reliable: true,
      ...(topic !== undefined && { topic }),
      ...(destination !== undefined && { destinationIdentities: [destination] }),
    };
    await this.#call((participant) => participant.sendData(Buffer.from(payload), options));
  }

  async #call<T>(work: (participant: RtpParticipant) => Promise<T>): Promise<T> {
    const participant = this.#options.participant();
    if (participant === undefined)
      throw new RetryableError('disconnected', 'stage: not connected', { side: 'stage' });
    try {
      return await work(participant);
    } catch (error) {
      throw roomError(error, 'stage');
    }
  }
}
