import type { MediaRelay } from '@avatar-bridge/relay';
import {
  type Lease,
  type LeaseWorker,
  SessionEndedError,
  type SessionStore,
  UnknownSessionError,
} from '@avatar-bridge/session-store';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { Background } from './background.ts';
import type { Metrics } from './metrics.ts';
import type { PooledAvatar } from './pool/pooled-avatars.ts';
import { WarmPool } from './pool/warm-pool.ts';
import type { AvatarProvider } from './providers/avatar-provider.ts';
import { GuardedProvider } from './providers/guarded-provider.ts';
import { ParkedSessions } from './parked-sessions.ts';
import type { Providers } from './providers/providers.ts';
import { VendorCircuit } from './providers/vendor-circuit.ts';
import { mayBegin } from './session/may-begin.ts';
import type { SelectionRules } from './session/provider-selection.ts';
import { SessionActor } from './session/session-actor.ts';
import type { StageAccess } from './session/stage-access.ts';
import { Sweep } from './sweep.ts';
import { now } from './clock.ts';
import { within } from './within.ts';

export type WorkerParts = {
  store: SessionStore;
  providers: Providers;
  /** When a session goes on with another of its providers. */
  selection?: SelectionRules;
  mediaRelay: MediaRelay;
  stage: StageAccess;
  metrics: Metrics;
  logger: Logger;
  /** Names this worker to people; two at a time must not share it. */
  name: string;
  /** Concurrent sessions that the vendor account allows, over all workers. */
  slots: number;
  /** Sessions at a time. */
  capacity: number;
  keepVendorEvents?: boolean;
  /** For which vendor sessions of the first provider are kept ready, over all workers. Default: none. */
  pool?: readonly PooledAvatar[];
  /** Whether vendor sessions are stopped that nobody wrote down. */
  stopUnknown?: boolean;
  /** ms that sessions have to be handed over in a drain. Default 20,000. */
  drainDeadline?: number;
};

/**
 * ms that a lease lasts without renewal, and ms between looks for those that ran out. Short, since a silence
 * of Redis costs no lease: a killed worker's sessions are taken over within 3 s.
 */
const leaseTimes = { lockDuration: 2_000, stalledInterval: 500 };
/** ms of a drain that are kept for stopping vendor sessions after the last utterance. */
const stoppingTime = 3_000;
const usualSelection: SelectionRules = { slotWaitMs: 20_000, maxFailures: 3 };

/**
 * ms that the hand-over of one session takes: until a pause between utterances, and until its next owner's
 * relay is there.
 */
const handOverMs = 4_000;

/**
 * Sessions that are handed over at a time. Few, since each that joins its rooms while others do takes longer,
 * and viewers see that; enough for all to be handed over by the deadline.
 */
function turnsFor(sessions: number, deadlineMs: number): number {
  return Math.max(2, Math.ceil((sessions * handOverMs) / deadlineMs));
}

/** Leases sessions and owns each by an actor, until it is drained. */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #actors = new Set<SessionActor>();
  /** Whose avatars are on the stage until their next owners' are. */
  readonly #departing = new Set<SessionActor>();
  readonly #drainDeadline: number;
  /** Vendor sessions being stopped that no session waits for. */
  readonly #background = new Background();
  readonly #hurried = Promise.withResolvers<void>();
  readonly #turns = pLimit(1);
  readonly #leases: LeaseWorker;
  readonly #sweeping = new AbortController();
  readonly #upkeep: Promise<unknown>;
  readonly #pool: WarmPool | undefined;
  #draining: Promise<void> | undefined;

  constructor(parts: WorkerParts) {
    const { store, name, capacity, drainDeadline = 20_000, metrics, logger } = parts;
    const guard = (provider: AvatarProvider) =>
      new GuardedProvider(provider, new VendorCircuit({ provider: provider.name, metrics, logger }));
    this.#parts = { ...parts, providers: parts.providers.map(guard) };
    this.#drainDeadline = drainDeadline;
    this.#leases = store.leases({
      worker: name,
      capacity,
      ...leaseTimes,
      mayBegin: (id) => mayBegin(id, parts),
      run: (lease, signal) => this.#run(lease, signal),
    });
    const { signal } = this.#sweeping;
    this.#upkeep = Promise.all([new Sweep(parts).run(signal), new ParkedSessions(parts).run(signal)]);
    this.#pool = this.#openPool();
  }

  #openPool(): WarmPool | undefined {
    const { pool: avatars = [], providers } = this.#parts;
    const provider = providers.get(providers.order[0] ?? '');
    if (!provider || avatars.length === 0) return undefined;
    const account = providers.accountOf(provider.name);
    return new WarmPool({ ...this.#parts, provider, avatars, account });
  }

  /** Sessions owned now. */
  get sessions(): number {
    return this.#actors.size;
  }

  /** Whether sessions can be leased and kept, asked of Redis now. */
  async ready(): Promise<{ ok: boolean; detail: string }> {
    const leases = this.#leases.health();
    if (!leases.ok) return leases;
    return this.#parts.store.ready();
  }

  /**
   * Takes no new sessions and hands over those it has, each at the end of an utterance. Called again it makes
   * haste.
   */
  drain(): Promise<void> {
    if (this.#draining) this.#makeHaste();
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  #makeHaste(): void {
    for (const actor of [...this.#actors, ...this.#departing]) actor.release(now());
    this.#hurried.resolve();
  }

  async #drain(): Promise<void> {
    const { logger } = this.#parts;
    const deadline = now() + this.#drainDeadline;
    const left = () => Math.max(0, deadline - now());
    this.#turns.concurrency = turnsFor(this.sessions, this.#drainDeadline);
    logger.info({ sessions: this.sessions }, 'draining');
    this.#sweeping.abort();
    const poolClosed = this.#pool?.close();
    await this.#leases.close('drain', { deadline: this.#drainDeadline });
    const departed = Promise.all([...this.#departing].map((actor) => actor.departed));
    if (!(await within(departed, left()))) this.#makeHaste();
    await departed;
    const rest = Promise.all([this.#background.done(), poolClosed]);
    await Promise.race([within(rest, left()), this.#hurried.promise]);
    await this.#upkeep;
    logger.info({ sessions: this.sessions }, 'drained');
  }

  async #run(lease: Lease, signal: AbortSignal): Promise<'ended' | 'released' | 'parked'> {
    const { store, name } = this.#parts;
    const owned = await store
      .claim(lease.sessionId, { epoch: lease.epoch, worker: name })
      .catch((error: unknown) => {
        if (error instanceof SessionEndedError || error instanceof UnknownSessionError) return undefined;
        throw error;
      });
    if (!owned) return 'ended';
    const drainDeadline = Math.max(this.#drainDeadline - stoppingTime, this.#drainDeadline / 2);
    const actor = new SessionActor(
      {
        selection: usualSelection,
        ...this.#parts,
        worker: name,
        background: this.#background,
        drainDeadline,
        takeTurn: (handOver) => this.#turns(handOver),
      },
      owned,
      lease,
    );
    this.#actors.add(actor);
    try {
      return await actor.run(signal);
    } finally {
      this.#actors.delete(actor);
      this.#departing.add(actor);
      void actor.departed.then(() => this.#departing.delete(actor));
    }
  }
}
