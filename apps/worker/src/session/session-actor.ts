import type { SessionEnd } from '@avatar-bridge/contracts';
import type { MediaRelay } from '@avatar-bridge/relay';
import {
  CancelledError as HandOver,
  type Lease,
  type OwnedSession,
  type QueuedCommand,
  type SessionStore,
} from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import { now } from '../clock.ts';
import type { Background } from '../background.ts';
import type { Metrics } from '../metrics.ts';
import type { Providers } from '../providers/providers.ts';
import { Captions } from '../speech/captions.ts';
import type { Attachment } from '../speech/delivery.ts';
import { MessageBook } from '../speech/message-book.ts';
import { Speaker } from '../speech/speaker.ts';
import { CaptionLog, gatherMsOf } from './caption-log.ts';
import { type Concluding, endSession, parkSession } from './conclusion.ts';
import { depart } from './departure.ts';
import { Journal } from './journal.ts';
import { isStillOurs } from './is-still-ours.ts';
import { KeepAlive } from './keep-alive.ts';
import { LimitKeeper } from './limit-keeper.ts';
import { limitReached } from './limits.ts';
import { LinkKeeper } from './link-keeper.ts';
import { linkListeners } from './link-listeners.ts';
import { type Incoming, Mailbox } from './mailbox.ts';
import { Pause } from './pause.ts';
import { ProviderSelection, type SelectionRules } from './provider-selection.ts';
import { changeOf, firstState, outcomeOf } from './record-state.ts';
import type { StageAccess } from './stage-access.ts';
import { StagePresence } from './stage-presence.ts';
import { StageTalk } from './stage-talk.ts';
import {
  isActive,
  isNews,
  isOver,
  next,
  type ParkReason,
  type State,
  type StateEvent,
  type StateRules,
} from './state.ts';
import { Takeover } from './takeover.ts';
import type { VendorLink } from './vendor-link.ts';
import { VendorSessions } from './vendor-sessions.ts';
import { Wake } from './wake.ts';

/** ms until it is looked again whether the lease holds. */
const leasePause = 250;

export type ActorParts = {
  store: Pick<SessionStore, 'events' | 'listMessages' | 'postMessage'>;
  providers: Providers;
  selection: SelectionRules;
  rules?: StateRules;
  mediaRelay: MediaRelay;
  stage: StageAccess;
  /** Where goes on what a session does not wait for. */
  background: Background;
  metrics: Metrics;
  logger: Logger;
  /** This worker's name. */
  worker: string;
  /** Whether what the vendor says goes into the event log as it came, too. Default: no. */
  keepVendorEvents?: boolean;
  /** ms that an utterance may take to end when the worker drains. */
  drainDeadline: number;
  /** Has a session handed over when its turn comes: only so many at a time come to their next owners. */
  takeTurn: (handOver: () => Promise<void>) => Promise<void>;
};

/**
 * Owns one session for as long as the lease lasts. Its parts (mailbox, speaker, links, lease) tell what they
 * see and wake one loop; only the loop acts: it has vendor sessions opened and closed, has the speaker act,
 * changes the state (see state.ts).
 */
export class SessionActor {
  readonly #parts: ActorParts;
  readonly #owned: OwnedSession;
  readonly #lease: Lease;
  readonly #logger: Logger;
  readonly #wake = new Wake();
  readonly #journal: Journal;
  readonly #speaker: Speaker;
  readonly #pause: Pause;
  readonly #captions: Captions;
  readonly #takeover: Takeover;
  readonly #mailbox: Mailbox;
  readonly #stageTalk: StageTalk;
  readonly #selection: ProviderSelection;
  readonly #links: LinkKeeper;
  readonly #keepAlive: KeepAlive;
  readonly #limits: LimitKeeper;
  readonly #presence: StagePresence;
  /** Aborts when the actor is done. */
  readonly #done = new AbortController();
  readonly #hurry = new AbortController();
  #state: State;
  /** What is done before the session is over, parked or another's, once that has begun. */
  #finishing: { state: State['name']; done: Promise<void> } | undefined;
  #eventsPassed: Promise<void> | undefined;
  readonly #departed = Promise.withResolvers<void>();

  constructor(parts: ActorParts, owned: OwnedSession, lease: Lease) {
    const { metrics, providers } = parts;
    const { record } = owned;
    this.#parts = parts;
    this.#owned = owned;
    this.#lease = lease;
    this.#logger = parts.logger.child({ sessionId: owned.id, epoch: owned.epoch });
    this.#journal = new Journal(owned, () => this.#dispatch({ type: 'fenced' }), this.#logger);
    this.#selection = new ProviderSelection({
      owned,
      providers,
      rules: parts.selection,
      journal: this.#journal,
    });
    const captionLog = new CaptionLog((caption) => this.#journal.append(caption), gatherMsOf(record));
    this.#captions = new Captions((caption) => {
      captionLog.add(caption);
      if (caption.speaker === 'avatar') this.#links.onStage?.tell((relay) => relay.caption(caption));
    });
    this.#speaker = new Speaker({
      avatar: record.avatar,
      onUncertain: record.onUncertain,
      capabilities: this.#selection.capabilities,
      book: new MessageBook(owned, this.#journal, metrics, () => this.#selection.name),
      metrics,
      logger: this.#logger,
      mayAct: () => lease.remaining() > 0,
      captionOf: (taskId) => this.#captions.textOf(taskId),
      wake: this.#wake.wake,
      lost: (error) => this.#links.lose(error),
      proven: () => {
        this.#selection.spoken();
        this.#dispatch({ type: 'link.proven' });
      },
      stateChanged: (state) => {
        if (!isActive(this.#state)) return;
        this.#journal.append({ type: 'avatar.state', state });
        this.#links.onStage?.tell((relay) => relay.setAvatarState(state));
      },
    });
    this.#pause = new Pause(this.#speaker, this.#wake.wake);
    this.#keepAlive = new KeepAlive({
      metrics,
      logger: this.#logger,
      lost: (error) => this.#links.lose(error),
      wake: this.#wake.wake,
    });
    this.#limits = new LimitKeeper({
      limits: record.limits,
      createdAt: now() - (owned.claimedAt - record.createdAt),
      viewers: () => parts.stage.viewers(record.room),
      warn: (event) => this.#journal.append(event),
      reached: (due) => this.#dispatch(limitReached(due, record.limits)),
      wake: this.#wake.wake,
    });
    this.#presence = new StagePresence({ journal: this.#journal, metrics, speaker: this.#speaker });
    this.#takeover = new Takeover({
      store: parts.store,
      owned,
      split: (message, records) => this.#speaker.splitInherited(message, records),
      signal: this.#done.signal,
    });
    this.#links = new LinkKeeper({
      ...parts,
      owned,
      selection: this.#selection,
      takeover: this.#takeover,
      vendorSessions: new VendorSessions({
        owned,
        background: parts.background,
        metrics,
        logger: this.#logger,
      }),
      logger: this.#logger,
      isFence: (error) => this.#journal.noticeFence(error),
      isStillOurs: () => isStillOurs(owned, (error) => this.#journal.noticeFence(error), this.#done.signal),
      pause: (by, signal) => this.#pause.until(by, signal),
      resume: () => this.#speaker.hold(false),
      listeners: linkListeners({
        journal: this.#journal,
        speaker: this.#speaker,
        captions: this.#captions,
        keepAlive: this.#keepAlive,
        limits: this.#limits,
        presence: this.#presence,
        metrics,
        keepVendorEvents: parts.keepVendorEvents ?? false,
        provider: () => this.#selection.name,
        stageData: (data) => this.#stageTalk.hear(data),
        up: (link, how) => this.#onUp(link, how),
        dispatch: (event) => this.#dispatch(event),
        wake: this.#wake.wake,
      }),
      wake: this.#wake.wake,
    });
    this.#mailbox = new Mailbox({
      owned,
      takeover: this.#takeover,
      wake: this.#wake.wake,
      failed: (error) => this.#onFailure(error),
    });
    this.#stageTalk = new StageTalk({
      owned,
      store: parts.store,
      journal: this.#journal,
      logger: this.#logger,
      onStage: () => this.#links.onStage,
    });
    this.#state = firstState(owned);
    this.#announce(this.#state);
  }

  /**
   * Lets utterances end until `deadline` (ms by now()), then hands the session over; at a second call at
   * once.
   */
  release(deadline: number): void {
    if (this.#state.name === 'releasing' || isOver(this.#state)) this.#hurry.abort();
    this.#dispatch({ type: 'drain.requested', deadline });
  }

  /**
   * Until the session has ended, is parked or is to be another worker's. Throws FencedError when it is
   * already, and whatever broke. What it leaves to a next owner is looked after until `departed` resolves.
   */
  async run(signal: AbortSignal): Promise<'ended' | 'released' | 'parked'> {
    const onAbort = () => {
      if (signal.reason instanceof HandOver) void this.#handOverInTurn(now() + this.#parts.drainDeadline);
      else this.#dispatch({ type: 'fenced' });
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const mailbox = this.#mailbox.read(this.#done.signal);
    this.#eventsPassed = this.#stageTalk.pass(this.#done.signal);
    try {
      while (!isOver(this.#state)) {
        const lookAgain = this.#reconcile(now());
        await this.#wake.sleep(lookAgain);
      }
      return outcomeOf(this.#state, this.#owned);
    } finally {
      signal.removeEventListener('abort', onAbort);
      await this.#leave();
      await Promise.all([mailbox, this.#eventsPassed]);
      this.#parts.metrics.sessionChanged(this.#state.name, undefined);
    }
  }

  /** Resolves when nothing of the session is left in this worker. Never rejects. */
  get departed(): Promise<void> {
    return this.#departed.promise;
  }

  /** Until its turn comes it is spoken on as before. */
  async #handOverInTurn(deadline: number): Promise<void> {
    await this.#parts.takeTurn(async () => {
      this.release(deadline);
      await this.departed;
    });
  }

  /**
   * One look at everything: begins what is due, and returns when to look again at the latest. While the lease
   * does not hold nothing is concluded, given up or bought.
   */
  #reconcile(at: number): number {
    for (const incoming of this.#mailbox.take()) this.#handle(incoming, at);
    this.#limits.busy(this.#speaker.busy, at);
    // Who stood still may be no owner any more, and knows nothing of what was said meanwhile.
    if (isActive(this.#state) && this.#lease.remaining() === 0)
      return Math.min(at + leasePause, this.#keepAlive.act(at));
    const look = isActive(this.#state) ? this.#limits.act(at) : Number.POSITIVE_INFINITY;
    return Math.min(look, this.#advance(this.#state, at));
  }

  #advance(state: State, at: number): number {
    switch (state.name) {
      case 'starting':
      case 'recovering':
        return Math.min(
          this.#open(at, state.notBefore),
          this.#speaker.act(at, { submit: false }),
          this.#keepAlive.act(at),
        );
      case 'live':
        return Math.min(
          this.#speaker.act(at, { submit: true }),
          this.#pause.act(at),
          this.#links.act(at),
          this.#keepAlive.act(at),
        );
      case 'releasing':
      case 'parking': {
        const look = this.#speaker.act(at, { submit: false });
        if (this.#links.current && !this.#speaker.settled && at < state.deadline)
          return Math.min(look, state.deadline);
        this.#finish(() => (state.name === 'parking' ? this.#park(state.reason) : this.#journal.idle()));
        return Number.POSITIVE_INFINITY;
      }
      case 'stopping':
        this.#finish(() => this.#end(state.end));
        return Number.POSITIVE_INFINITY;
      default:
        return at;
    }
  }

  #open(at: number, notBefore: number): number {
    if (at < notBefore) return notBefore;
    this.#links.open();
    return Number.POSITIVE_INFINITY;
  }

  #handle({ command, known }: Incoming, at: number): void {
    this.#limits.active(at);
    switch (command.type) {
      case 'message':
        return this.#speaker.add(command, known);
      case 'stop': {
        const end = { outcome: 'stopped', code: 'stopped', message: command.reason } as const;
        return this.#dispatch({ type: 'stop.requested', end });
      }
      case 'interrupt':
        this.#takeover.silence();
        this.#speaker.interrupt({ before: command.before }, () => void this.#interruptDone(command));
        this.#captions.finish();
    }
  }

  async #interruptDone({ id, at, entryId }: Extract<QueuedCommand, { type: 'interrupt' }>): Promise<void> {
    // A former owner's avatar may be speaking still.
    await this.#takeover.settled;
    const tookMs = Math.max(0, Math.round(now() - at));
    const done = { type: 'interrupt.done', commandId: id, tookMs } as const;
    this.#journal.write((owned) => owned.advance(entryId, done));
  }

  #dispatch(event: StateEvent): void {
    const before = this.#state;
    this.#state = next(before, event, this.#parts.rules);
    if (this.#state === before) return;
    if (isNews(this.#state, before)) this.#announce(this.#state, before);
    this.#wake.wake();
  }

  #announce(state: State, before?: State): void {
    this.#parts.metrics.sessionChanged(before?.name, state.name);
    this.#logger.info(
      { from: before?.name, to: state.name, ...('reason' in state && { reason: state.reason }) },
      'session state changed',
    );
    const change = changeOf(state, this.#owned, this.#parts.worker);
    if (change) this.#journal.write((owned) => owned.setState(change));
  }

  #onUp({ session, provider }: VendorLink, how: Attachment): void {
    this.#keepAlive.attach(session);
    this.#speaker.attach(session, provider, how);
    this.#speaker.hold(false);
    this.#speaker.unseen(false);
    this.#speaker.resume();
    this.#presence.reached({ muted: this.#links.onStage?.muted ?? false });
    this.#stageTalk.reached();
    this.#dispatch({ type: 'link.up', at: now() });
  }

  /** Does, once, what is to be done before the session is over, parked or another's. */
  #finish(work: () => Promise<void>): void {
    const { name } = this.#state;
    if (this.#finishing?.state === name) return;
    const former = this.#finishing?.done;
    const finish = async () => {
      await former;
      await work();
      if (this.#state.name === name) this.#dispatch({ type: 'cleared' });
    };
    const done = finish().catch((error: unknown) => this.#onFailure(error));
    this.#finishing = { state: name, done };
  }

  async #park(reason: ParkReason): Promise<void> {
    const seen = this.#mailbox.lastEntry;
    this.#silence();
    await parkSession(this.#concluding, { type: 'session.parked', reason }, seen);
  }

  async #end(end: SessionEnd): Promise<void> {
    this.#silence();
    await endSession(this.#concluding, end, {
      eventsPassed: this.#eventsPassed ?? Promise.resolve(),
      isStillOurs: () => this.#state.name === 'stopping',
    });
  }

  get #concluding(): Concluding {
    const [owned, links, journal, logger] = [this.#owned, this.#links, this.#journal, this.#logger];
    return { owned, links, journal, logger, stage: this.#parts.stage };
  }

  #silence(): void {
    this.#takeover.silence();
    this.#keepAlive.detach();
    this.#speaker.detach();
    this.#captions.finish();
  }

  #onFailure(error: unknown): void {
    if (this.#done.signal.aborted || this.#journal.noticeFence(error)) return;
    this.#dispatch({ type: 'crashed', error });
  }

  /** What lives is left to the next owner, unless the session is over or parked. */
  async #leave(): Promise<void> {
    this.#journal.close();
    this.#done.abort();
    this.#takeover.decided({ attached: false, heard: false });
    this.#keepAlive.detach();
    this.#speaker.detach();
    await this.#finishing?.done;
    const { name } = this.#state;
    if (name === 'ended' || name === 'parked') return this.#departed.resolve();
    await this.#links.letGo();
    this.#departed.resolve(depart(this.#links, this.#owned, this.#hurry.signal));
  }
}
