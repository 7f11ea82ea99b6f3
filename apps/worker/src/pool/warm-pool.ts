import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SessionStore, SlotAccount, VendorSessionRef } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import { now } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { AvatarProvider, ProviderSession } from '../providers/avatar-provider.ts';
import {
  CancelledError,
  RetryableProviderError,
  TerminalProviderError,
} from '../providers/provider-errors.ts';
import { KeepAlive } from '../session/keep-alive.ts';
import { Wake } from '../session/wake.ts';
import { type Kept, plan, type Wanted } from './plan.ts';
import type { PooledAvatar } from './pooled-avatars.ts';
import { usableTime } from './usable-time.ts';

/** ms between two looks at the list: a session that took one is made up for within this. */
const lookMs = 1_000;
/** ms until one is opened again after failures in a row: doubling. */
const pauses = { firstMs: 2_000, longestMs: 60_000 };
/** ms after a refusal: somebody has to change something. */
const refusedMs = 300_000;
/** ms until one that could not be stopped is tried again. */
const stopAgainMs = 5_000;

export type WarmPoolParts = {
  store: Pick<SessionStore, 'pool' | 'forgetVendorSession'>;
  provider: AvatarProvider;
  /** The provider's, if it has slots of its own. */
  account?: SlotAccount | undefined;
  avatars: readonly PooledAvatar[];
  /** The worker's. */
  name: string;
  metrics: Metrics;
  logger: Logger;
};

type KeptSession = Kept & { session: ProviderSession; keepAlive: KeepAlive };
type Opening = { key: string; ref?: VendorSessionRef; done: Promise<void> };

/**
 * Keeps vendor sessions ready for sessions to come. All workers share one list in Redis: a session in any of
 * them takes whichever fits, so none is this worker's to use, only to keep alive, to replace, and to stop
 * when the worker drains.
 */
export class WarmPool {
  readonly #parts: WarmPoolParts;
  readonly #keeper: string;
  readonly #wanted: ReadonlyMap<string, PooledAvatar>;
  readonly #kept = new Set<KeptSession>();
  readonly #opening = new Set<Opening>();
  readonly #stopping = new Map<VendorSessionRef, Promise<void>>();
  readonly #wake = new Wake();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #failures = 0;
  #openNotBefore = 0;

  constructor(parts: WarmPoolParts) {
    this.#parts = parts;
    // Another process of the same name must not be taken for the one that kept them.
    this.#keeper = `${parts.name} ${randomUUID()}`;
    this.#wanted = new Map(parts.avatars.map((avatar) => [avatar.key, avatar]));
    this.#running = this.#run();
  }

  /** Stops all that are kept; resolves when that was tried. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.wake();
    await this.#running;
    await Promise.all([...this.#opening].map(({ done }) => done));
    for (const kept of this.#kept) this.#retire(kept, 'drained');
    await Promise.all(this.#stopping.values());
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const lookAt = now() + lookMs;
      // oxlint-disable-next-line no-await-in-loop -- one look after the other
      await this.#look().catch((error: unknown) =>
        this.#parts.logger.warn({ err: error }, 'the warm pool could not be looked after'),
      );
      const due = [...this.#kept].map(({ keepAlive }) => keepAlive.act(now()));
      // oxlint-disable-next-line no-await-in-loop -- likewise
      await this.#wake.sleep(Math.min(lookAt, ...due));
    }
  }

  async #look(): Promise<void> {
    const { metrics, store } = this.#parts;
    const listed = await store.pool.keep(this.#keeper);
    if (this.#closing.signal.aborted) return;
    const { open, replace, letGo, stop } = plan({
      at: now(),
      keeper: this.#keeper,
      wanted: [...this.#wanted.values()],
      listed,
      kept: [...this.#kept],
      opening: [...this.#opening],
      stopping: [...this.#stopping.keys()],
      openNotBefore: this.#openNotBefore,
    });
    for (const kept of letGo) this.#letGo(kept);
    for (const kept of replace) this.#retire(kept, 'worn');
    for (const ref of stop) this.#stop(ref);
    for (const wanted of open) this.#open(wanted);
    metrics.pool.keeps(this.#opening.size, this.#kept.size);
  }

  #open({ key }: Wanted): void {
    const opening: Opening = { key, done: Promise.resolve() };
    this.#opening.add(opening);
    opening.done = this.#tryToOpen(opening)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => this.#opening.delete(opening));
  }

  async #tryToOpen(opening: Opening): Promise<void> {
    const { account, store } = this.#parts;
    const setting = this.#wanted.get(opening.key);
    const reservation = setting && (await store.pool.reserve(opening.key, setting.count, account));
    if (!setting || reservation === undefined) return;
    try {
      await this.#keep(opening, setting, reservation);
    } catch (error) {
      if (opening.ref) this.#stop(opening.ref);
      else await store.pool.release(reservation).catch(() => {});
      throw error;
    }
  }

  async #keep(opening: Opening, { avatar }: PooledAvatar, reservation: string): Promise<void> {
    const { logger, metrics, provider, store } = this.#parts;
    const place = { key: opening.key, keeper: this.#keeper };
    let openedAt = now();
    let kept: KeptSession | undefined;
    let lost = false;
    const lose = () => {
      lost = true;
      if (kept) this.#retire(kept, 'lost');
    };
    const session = await metrics.vendorCall('open', () =>
      provider.open({
        sessionId: 'warm-pool',
        avatar,
        forPool: true,
        seatAvatar: () => Promise.reject(new Error('There is no stage yet')),
        recordRef: async (ref) => {
          openedAt = opening.ref ? openedAt : now();
          opening.ref = ref;
          if (!(await store.pool.record(ref, place, reservation)))
            throw new CancelledError({ cause: 'its slot was needed' });
        },
        onEvent: (event) => {
          if (event.type === 'closed') lose();
        },
        signal: this.#closing.signal,
      }),
    );
    const { usableMs, replaceMs } = usableTime(session.durationLimitMs, Math.random());
    const usableFor = openedAt + usableMs - now();
    if (!(await store.pool.offer(session.ref, this.#keeper, usableFor))) return session.letGo?.();
    const keepAlive = new KeepAlive({ metrics, logger, lost: lose, wake: this.#wake.wake });
    keepAlive.attach(session);
    kept = { ref: session.ref, wornAt: openedAt + replaceMs, session, keepAlive };
    this.#kept.add(kept);
    this.#failures = 0;
    logger.info({ vendorSessionId: session.ref.id, key: opening.key }, 'a vendor session is kept ready');
    if (lost) this.#retire(kept, 'lost');
  }

  #failed(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    const { logger } = this.#parts;
    const refused = error instanceof TerminalProviderError;
    const { retryAfter = 0 } = error instanceof RetryableProviderError ? error : {};
    const pause = Math.min(pauses.firstMs * 2 ** this.#failures++, pauses.longestMs);
    this.#openNotBefore = now() + (refused ? refusedMs : Math.max(pause, retryAfter));
    const text = 'no vendor session could be opened for the warm pool';
    if (refused) logger.error({ err: error }, text);
    else logger.warn({ err: error }, text);
  }

  /** No session can take it any more; if one has meanwhile, it is that one's. */
  #retire(kept: KeptSession, reason: 'worn' | 'lost' | 'drained'): void {
    const { metrics, store } = this.#parts;
    if (!this.#kept.delete(kept)) return;
    const { keepAlive, ref, session } = kept;
    keepAlive.detach();
    this.#track(ref, async () => {
      if (!(await store.pool.offer(ref, this.#keeper, 0))) return session.letGo?.();
      await this.#end(ref, () => session.close(`kept ready for nobody: ${reason}`));
      metrics.pool.closed(reason);
    });
  }

  #stop(ref: VendorSessionRef): void {
    this.#track(ref, () => this.#end(ref, () => this.#parts.provider.reap(ref)));
  }

  async #end(ref: VendorSessionRef, stop: () => Promise<unknown>): Promise<void> {
    await this.#parts.metrics.vendorCall('stop', stop);
    await this.#parts.store.forgetVendorSession(ref);
  }

  /** What fails is found in the list again, and after a drain by the sweep. */
  #track(ref: VendorSessionRef, work: () => Promise<void>): void {
    const { logger } = this.#parts;
    const { signal } = this.#closing;
    const stopping = work()
      .catch(async (error: unknown) => {
        logger.warn({ err: error, vendorSessionId: ref.id }, 'a pooled vendor session could not be stopped');
        await delay(stopAgainMs, undefined, { signal }).catch(() => {});
      })
      .finally(() => this.#stopping.delete(ref));
    this.#stopping.set(ref, stopping);
  }

  #letGo(kept: KeptSession): void {
    this.#kept.delete(kept);
    kept.keepAlive.detach();
    kept.session.letGo?.();
  }
}
