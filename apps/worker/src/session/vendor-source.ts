import type { HeardVoice } from '@avatar-bridge/relay';
import type { OwnedSession, VendorSessionRef } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import { now } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { AvatarProvider } from '../providers/avatar-provider.ts';
import { RetryableProviderError } from '../providers/provider-errors.ts';
import type { Overheard } from '../speech/evidence.ts';
import type { Providers } from '../providers/providers.ts';
import type { ProviderSelection } from './provider-selection.ts';
import type { StageAccess } from './stage-access.ts';
import type { Takeover } from './takeover.ts';
import { VendorLink } from './vendor-link.ts';
import type { VendorSessions } from './vendor-sessions.ts';

export type VendorSourceParts = {
  owned: Pick<OwnedSession, 'id' | 'record' | 'releaseSlot' | 'askPool'>;
  providers: Providers;
  selection: ProviderSelection;
  stage: StageAccess;
  takeover: Takeover;
  vendorSessions: VendorSessions;
  metrics: Metrics;
  logger: Logger;
  wake: () => void;
};

/** One that a former owner left; `overheard`: by the relay that carried it to the stage until now. */
export type Taken = { link: VendorLink; overheard: Overheard | undefined };

/** Where the vendor sessions of one session come from, and how they end: no two live at a time unasked. */
export class VendorSource {
  readonly #parts: VendorSourceParts;
  readonly #stops = new Set<Promise<unknown>>();
  /** Left by former owners, oldest first, and neither taken over nor stopped yet. */
  #inherited: readonly VendorSessionRef[];
  #previous: VendorSessionRef | undefined;
  /** A session greets once, whatever becomes of its vendor sessions. */
  #greeted: boolean;

  constructor(parts: VendorSourceParts) {
    this.#parts = parts;
    this.#inherited = parts.owned.record.vendorSessions;
    this.#previous = this.#inherited.at(-1);
    this.#greeted = parts.owned.record.liveAt !== undefined;
  }

  /** The newest vendor session of a former owner, if there is a way back to it; all others are stopped. */
  async takeOver(signal: AbortSignal): Promise<Taken | undefined> {
    const { logger, owned, stage, takeover, vendorSessions } = this.#parts;
    const used = this.#inherited.filter(({ givenUp }) => !givenUp);
    const ref = used.at(-1);
    if (!ref) {
      void this.stopInherited();
      takeover.decided({ attached: false, heard: false });
      return undefined;
    }
    const { room, dialect } = owned.record;
    // With two of them nobody knows which one was on the stage.
    const carried = used.length === 1 ? stage.carried(owned.id, room, dialect) : undefined;
    const askedAt = now();
    const [overheard, link] = await Promise.all([
      carried?.then((heard) => {
        logger.info({ heard, tookMs: Math.round(now() - askedAt) }, 'the stage was asked what it heard');
        return heard && overheardOf(heard, now());
      }),
      this.#attach(ref, signal),
    ]);
    if (!link) {
      const openUntil = await this.stopInherited();
      const heard = overheard !== undefined;
      takeover.decided({ attached: false, heard, ...(openUntil !== undefined && { openUntil }) });
      return undefined;
    }
    await vendorSessions.record(ref);
    for (const former of this.#inherited) if (former !== ref) void this.#track(this.#reap(former));
    this.#inherited = [ref];
    return { link, overheard };
  }

  /** What was taken over is this owner's now. */
  kept(): void {
    this.#inherited = [];
  }

  /** Opens another one, when those before are stopped. */
  async open(signal: AbortSignal): Promise<VendorLink> {
    const { owned, selection } = this.#parts;
    await this.stopped();
    const reserved = await selection.takeSlot(Date.now());
    try {
      return await this.openBeside(signal);
    } catch (error) {
      if (reserved) await owned.releaseSlot().catch(() => {});
      throw error;
    }
  }

  /** Opens another one while one lives, or takes one that was kept ready. */
  async openBeside(signal: AbortSignal): Promise<VendorLink> {
    signal.throwIfAborted();
    const provider = this.#parts.selection.required();
    const kept = await this.#fromPool(provider, signal);
    return kept ?? VendorLink.open(this.#linkParts(provider), this.#request(provider, signal));
  }

  /**
   * One that was kept ready and lives, if there is one. The pool may have to free a slot for one to be
   * opened.
   */
  async #fromPool(provider: AvatarProvider, signal: AbortSignal): Promise<VendorLink | undefined> {
    const { metrics, owned, providers } = this.#parts;
    const key = provider.poolKey?.(this.#request(provider, signal));
    const account = providers.accountOf(provider.name);
    const sharing = account?.providers ?? providers.all.map(({ name }) => name);
    for (;;) {
      const given = await owned.askPool({ key, account, providers: sharing });
      if (!given) return undefined;
      const { ref, use } = given;
      if (use === 'stop') {
        metrics.pool.asked('slot');
        await this.#track(this.#reap(ref, 'a session needs its slot'));
        return undefined;
      }
      const link = await this.#attachKept(ref, signal);
      metrics.pool.asked(link ? 'used' : 'dead');
      if (link) return link;
    }
  }

  async #attachKept(ref: VendorSessionRef, signal: AbortSignal): Promise<VendorLink | undefined> {
    let link: VendorLink | undefined;
    try {
      await this.#parts.vendorSessions.record(ref);
      return (link = await this.#attach(ref, signal));
    } catch (error) {
      if (error instanceof RetryableProviderError) return undefined;
      throw error;
    } finally {
      if (!link) await this.#track(this.#reap(ref, 'it could not be used'));
    }
  }

  /** It is the one that the next one follows. */
  used({ session: { ref } }: VendorLink): void {
    this.#previous = ref;
    this.#greeted = true;
  }

  /** Never rejects. */
  async stop(link: VendorLink, reason: string): Promise<void> {
    await this.#track(link.stop(reason));
  }

  /** Resolves when none is being stopped any more. */
  async stopped(): Promise<void> {
    await Promise.all(this.#stops);
  }

  /**
   * Stops what former owners left; returns until when the newest was open, and speaking by itself (epoch ms).
   */
  async stopInherited(): Promise<number | undefined> {
    const refs = this.#inherited;
    this.#inherited = [];
    return (await Promise.all(refs.map((ref) => this.#track(this.#reap(ref))))).at(-1);
  }

  async #attach(ref: VendorSessionRef, signal: AbortSignal): Promise<VendorLink | undefined> {
    const { logger, selection } = this.#parts;
    const provider = ref.provider === selection.name ? selection.provider : undefined;
    if (!provider) return undefined;
    try {
      return await VendorLink.attach(this.#linkParts(provider), ref, this.#request(provider, signal));
    } catch (error) {
      // A vendor that does not answer now may have it all the same.
      if (signal.aborted || error instanceof RetryableProviderError) throw error;
      logger.info({ err: error, vendorSessionId: ref.id }, 'there is no way back to a vendor session');
      return undefined;
    }
  }

  async #reap(ref: VendorSessionRef, reason = 'its worker is gone'): Promise<number | undefined> {
    const { logger, providers, vendorSessions } = this.#parts;
    const at = Date.now();
    const provider = providers.get(ref.provider);
    if (!provider) {
      logger.error({ provider: ref.provider }, 'a vendor session is left to workers that have its provider');
      return undefined;
    }
    const found = await vendorSessions.stop(ref, reason, () => provider.reap(ref));
    return found?.wasOpen && provider.capabilities.finishesAlone ? at : undefined;
  }

  async #track<T>(stop: Promise<T>): Promise<T> {
    this.#stops.add(stop);
    try {
      return await stop;
    } finally {
      this.#stops.delete(stop);
      this.#parts.wake();
    }
  }

  #linkParts(provider: AvatarProvider) {
    const { metrics, vendorSessions } = this.#parts;
    return { provider, metrics, vendorSessions };
  }

  #request(provider: AvatarProvider, signal: AbortSignal) {
    const { owned, selection, stage } = this.#parts;
    const { room, dialect } = owned.record;
    const avatar = selection.avatar();
    const { openingText: _, ...ungreeting } = avatar;
    const previous = this.#previous?.provider === provider.name ? this.#previous : undefined;
    return {
      sessionId: owned.id,
      avatar: this.#greeted ? ungreeting : avatar,
      wasLive: this.#greeted,
      ...(previous && { previous }),
      seatAvatar: () => stage.seat(owned.id, room, dialect),
      signal,
    };
  }
}

function overheardOf({ sinceMs, beganMs, endedMs = 0 }: HeardVoice, at: number): Overheard {
  const voice = beganMs === undefined ? undefined : { from: at - beganMs, to: at - endedMs };
  return { since: at - sinceMs, voice };
}
