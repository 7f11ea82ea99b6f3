import type { VendorSessionRef } from '@avatar-bridge/session-store';
import { now } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type {
  AvatarProvider,
  MediaChannel,
  OpenRequest,
  ProviderSession,
} from '../providers/avatar-provider.ts';
import type { VendorEvent } from '../providers/vendor-event.ts';
import { rolloverAfter } from './rollover.ts';
import type { VendorSessions } from './vendor-sessions.ts';

export type VendorLinkParts = {
  provider: AvatarProvider;
  vendorSessions: VendorSessions;
  metrics: Metrics;
};

/** A vendor session of ours, opened or taken over, and what it says. */
export class VendorLink {
  readonly session: ProviderSession;
  readonly provider: AvatarProvider;
  /** When the vendor closes it whatever happens, and when another one is due in its place (ms by now()). */
  readonly endsAt: number;
  readonly rollAt: number;
  readonly #vendorSessions: VendorSessions;
  readonly #events: EventBuffer;
  #connected: Promise<void> | undefined;
  #stopping: Promise<unknown> | undefined;

  private constructor(session: ProviderSession, parts: VendorLinkParts, events: EventBuffer) {
    this.session = session;
    this.provider = parts.provider;
    this.#vendorSessions = parts.vendorSessions;
    this.#events = events;
    const openedAt = now() - Math.max(0, Date.now() - session.ref.openedAt);
    const { durationLimitMs = Number.POSITIVE_INFINITY } = session;
    this.endsAt = openedAt + durationLimitMs;
    this.rollAt = parts.provider.capabilities.rollover
      ? openedAt + rolloverAfter(durationLimitMs, Math.random())
      : Number.POSITIVE_INFINITY;
  }

  /** Opens one; whatever fails, nothing stays open at the vendor that is not written down. */
  static async open(
    parts: VendorLinkParts,
    request: Omit<OpenRequest, 'recordRef' | 'onEvent'>,
  ): Promise<VendorLink> {
    const { metrics, provider, vendorSessions } = parts;
    const events = new EventBuffer();
    let ref: VendorSessionRef | undefined;
    try {
      const session = await metrics.vendorCall('open', () =>
        provider.open({
          ...request,
          onEvent: events.take,
          recordRef: (opened) => {
            ref = opened;
            return vendorSessions.record(opened);
          },
        }),
      );
      return new VendorLink(session, parts, events);
    } catch (error) {
      const opened = ref;
      if (opened) await vendorSessions.stop(opened, 'it could not be opened', () => provider.reap(opened));
      throw error;
    }
  }

  /** Takes over one that another worker opened; undefined when there is no way back to it. */
  static async attach(
    parts: VendorLinkParts,
    ref: VendorSessionRef,
    request: Omit<OpenRequest, 'recordRef' | 'onEvent'>,
  ): Promise<VendorLink | undefined> {
    const events = new EventBuffer();
    const session = await parts.metrics.vendorCall('attach', () =>
      parts.provider.attach(ref, { ...request, onEvent: events.take }),
    );
    return session && new VendorLink(session, parts, events);
  }

  /** Opens what the vendor sends events over; nothing happens when that was done before. */
  async connect(channel: MediaChannel, signal: AbortSignal): Promise<void> {
    this.#connected ??= this.session.connect(channel, signal);
    try {
      await this.#connected;
    } catch (error) {
      this.#connected = undefined;
      throw error;
    }
  }

  /** Passes on what it said so far, and all that it says from now on. */
  listen(listener: (event: VendorEvent) => void): void {
    this.#events.passTo(listener);
  }

  /** Stops it, which is what ends its cost. What it still says is not heard. Idempotent, never rejects. */
  async stop(reason: string): Promise<void> {
    this.#events.passTo(() => {});
    this.#stopping ??= this.#vendorSessions.stop(this.session.ref, reason, () => this.session.close(reason));
    await this.#stopping;
  }

  /** It is another owner's now: what it says is not heard any more. */
  letGo(): void {
    this.#events.passTo(() => {});
  }
}

/** Keeps events until somebody listens. */
class EventBuffer {
  #early: VendorEvent[] = [];
  #listener: ((event: VendorEvent) => void) | undefined;

  readonly take = (event: VendorEvent): void => {
    if (this.#listener) this.#listener(event);
    else this.#early.push(event);
  };

  passTo(listener: (event: VendorEvent) => void): void {
    this.#listener = listener;
    for (const event of this.#early.splice(0)) listener(event);
  }
}
