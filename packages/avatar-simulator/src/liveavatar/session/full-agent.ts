import { controlTopic, responseTopic } from '@avatar-bridge/heygen-client/liveavatar';
import { RtpParticipant, type Logger, type ReceivedData } from '@avatar-bridge/livekit-rtp';
import type { Rooms } from '../../avatar/rooms.ts';
import { bounds } from '../../limits.ts';

type FullAgentOptions = {
  sessionId: string;
  rooms: Rooms;
  onCommand: (payload: string) => void;
  onPresence: (identity: string, present: boolean) => void;
  onLost: () => void;
  logger: Logger;
};

/**
 * The participant `liveavatar-agent-<session id>`, which takes commands and tells events. It has no tracks.
 */
export class FullAgent {
  readonly #options: FullAgentOptions;
  #participant: RtpParticipant | undefined;
  #unsent = 0;

  constructor(options: FullAgentOptions) {
    this.#options = options;
  }

  async join(signal: AbortSignal): Promise<void> {
    const { sessionId, rooms, logger } = this.#options;
    const participant = await RtpParticipant.connect({
      url: rooms.url,
      token: await rooms.fullAgentToken(sessionId),
      autoSubscribe: false,
      reconnect: false,
      logger,
      signal,
    });
    this.#participant = participant;
    participant.on('data', (data) => this.#receive(data));
    const { onPresence } = this.#options;
    participant.on('participantJoined', ({ identity }) => onPresence(identity, true));
    participant.on('participantLeft', ({ identity }) => onPresence(identity, false));
    for (const identity of participant.remoteParticipants.keys()) onPresence(identity, true);
    participant.on('disconnected', () => this.#options.onLost());
    if (signal.aborted) await this.close();
  }

  /** Reliable, in the order of the calls. Never rejects; resolves when the connection has taken it. */
  async send(payload: object): Promise<void> {
    if (!this.#participant || this.#unsent >= bounds.unsentMessages) return;
    this.#unsent++;
    try {
      const bytes = Buffer.from(JSON.stringify(payload));
      await this.#participant.sendData(bytes, { reliable: true, topic: responseTopic });
    } catch (error) {
      const { sessionId, logger } = this.#options;
      logger.debug({ err: error, sessionId }, 'A room event could not be sent');
    } finally {
      this.#unsent--;
    }
  }

  async close(): Promise<void> {
    const participant = this.#participant;
    this.#participant = undefined;
    await participant?.close('session closed').catch(() => undefined);
  }

  #receive({ payload, topic }: ReceivedData): void {
    if (topic === controlTopic) this.#options.onCommand(payload.toString('utf8'));
  }
}
