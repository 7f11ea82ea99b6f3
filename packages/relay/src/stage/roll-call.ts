import type { HeardVoice } from '../relay/voice-memory.ts';
import type { ReceivedData } from '../media-relay.ts';

/**
 * Whether a relay is there and carries its source, asked on the stage: LiveKit shows a participant for
 * seconds after its process died. The one who asks sends data of this topic by the server's API, to the
 * relay's participant; the relay answers by setting attributes: the first to what was sent, the second to
 * what it heard of the avatar's voice, which nobody but it may have heard.
 */
export const rollCallTopic = 'avatar-bridge.roll-call';
export const presentAttribute = 'avatar-bridge.present';
const voiceAttribute = 'avatar-bridge.voice';

/** Participants can't ask: what they send has an identity. */
export function isRollCall({ topic, participantIdentity }: ReceivedData): boolean {
  return topic === rollCallTopic && participantIdentity === undefined;
}

/** The attributes that answer a roll call. */
export function answerTo(call: string, { sinceMs, beganMs, endedMs }: HeardVoice): Record<string, string> {
  return {
    [presentAttribute]: call,
    [voiceAttribute]: [sinceMs, beganMs, endedMs].map((ms) => ms ?? '').join(' '),
  };
}

/** What a relay answered; undefined when these attributes are no answer to this roll call. */
export function readAnswer(call: string, attributes: Record<string, string>): HeardVoice | undefined {
  if (attributes[presentAttribute] !== call) return undefined;
  const [sinceMs = 0, beganMs, endedMs] = (attributes[voiceAttribute] ?? '').split(' ').map(toMs);
  return {
    sinceMs,
    ...(beganMs !== undefined && { beganMs }),
    ...(endedMs !== undefined && { endedMs }),
  };
}

function toMs(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
