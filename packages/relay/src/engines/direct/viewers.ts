import type { RemoteParticipant } from '@avatar-bridge/livekit-rtp';

/** ms that a viewer may be there without our knowing: servers tell of those who publish nothing every 3 s. */
const latenessMs = 5_000;

/**
 * Whether anybody is on the stage to watch the avatar. The server tells who receives a track to its publisher
 * only, so everybody in the room counts who is neither an agent nor an ingress. Times are monotonic ms.
 */
export class Viewers {
  /** When one was there last, or could have been. */
  #thereAt = -Infinity;

  /** We came, or came back. */
  joined(now: number): void {
    this.#thereAt = now;
  }

  /** `undefined` while it is not certain. */
  among(others: Iterable<Pick<RemoteParticipant, 'kind'>>, now: number): boolean | undefined {
    for (const { kind } of others) {
      if (kind !== 'standard' && kind !== 'sip' && kind !== 'egress') continue;
      this.#thereAt = now;
      return true;
    }
    return now - this.#thereAt < latenessMs ? undefined : false;
  }
}
