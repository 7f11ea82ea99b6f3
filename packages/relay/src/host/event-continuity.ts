import type { RelayEvents, RelayMediaKind } from '../media-relay.ts';
import type { RelayEventMessage } from './protocol.ts';

/**
 * Makes one story of what a relay tells on one host after the other: each kind has one first frame, and is
 * resumed when it comes from the next host; the avatar begins and ceases to speak in turns; utterances whose
 * sound went with a host have ended. Times are monotonic ms.
 */
export class EventContinuity {
  readonly #seen = new Set<RelayMediaKind>();
  /** Utterances of which sound was handed over, and when they began to play. */
  readonly #voiced = new Map<string, number | undefined>();
  #speaking = false;
  #cutOffAt = 0;

  /** Sound of this utterance is handed to the host. */
  voice(utteranceId: string): void {
    if (!this.#voiced.has(utteranceId)) this.#voiced.set(utteranceId, undefined);
  }

  /** What to tell in place of an event; `undefined` for nothing. */
  translate(message: RelayEventMessage, now: number): RelayEventMessage | undefined {
    switch (message.event) {
      case 'firstFrame': {
        const [{ kind }] = message.args;
        if (this.#seen.has(kind))
          return told('mediaResumed', { kind, gapMs: Math.round(now - this.#cutOffAt) });
        this.#seen.add(kind);
        return message;
      }
      case 'speaking': {
        const [{ active }] = message.args;
        if (active === this.#speaking) return undefined;
        this.#speaking = active;
        return message;
      }
      case 'voiceStarted':
        this.#voiced.set(message.args[0].utteranceId, now);
        return message;
      case 'voiceEnded':
        this.#voiced.delete(message.args[0].utteranceId);
        return message;
      default:
        return message;
    }
  }

  /** The host is gone. */
  cutOff(reason: string, now: number): RelayEventMessage[] {
    this.#cutOffAt = now;
    const ended = [...this.#voiced].map(([utteranceId, startedAt = now]) =>
      told('voiceEnded', { utteranceId, playedMs: Math.round(now - startedAt), complete: false }),
    );
    this.#voiced.clear();
    return [told('restarting', { reason }), ...ended];
  }

  /**
   * The next host carries the relay, and told `early` while it began to. What it does not say of the avatar's
   * voice is silence.
   */
  resume(early: readonly RelayEventMessage[], now: number): RelayEventMessage[] {
    const voice = early.some(({ event }) => event === 'speaking')
      ? []
      : [told('speaking', { active: false, level: 0 })];
    return [told('restarted', { gapMs: Math.round(now - this.#cutOffAt) }), ...voice, ...early];
  }
}

/** An event that does not come from a host. */
export function told<E extends keyof RelayEvents>(event: E, ...args: RelayEvents[E]): RelayEventMessage {
  return { type: 'event', relay: 0, event, args } as RelayEventMessage;
}
