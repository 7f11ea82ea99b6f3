import type { ReceivedData } from '../media-relay.ts';

/**
 * Whether a relay is there and carries its source, asked on the stage: LiveKit shows a participant for seconds
 * after its process died. The one who asks sends data of this topic by the server's API, to the relay's
 * participant; the relay answers by setting the attribute to what was sent.
 */
export const rollCallTopic = 'avatar-bridge.roll-call';
export const presentAttribute = 'avatar-bridge.present';

/** Participants can't ask: what they send has an identity. */
export function isRollCall({ topic, participantIdentity }: ReceivedData): boolean {
  return topic === rollCallTopic && participantIdentity === undefined;
}
