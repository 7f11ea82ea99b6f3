import type { SessionEventBody } from '@avatar-bridge/contracts';
import type { MediaRelay } from '@avatar-bridge/relay';
import {
  CancelledError as HandOver,
  FencedError,
  type Lease,
  type OwnedSession,
  type QueuedCommand,
  type SessionStore,
} from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import type { Providers } from '../providers/providers.ts';
import type { VendorEvent } from '../providers/vendor-event.ts';
import { Captions } from '../speech/captions.ts';
import { MessageBook } from '../speech/message-book.ts';
import { Speaker } from '../speech/speaker.ts';
import { within } from '../within.ts';
import { Inheritance } from './inheritance.ts';
import { Journal } from './journal.ts';
import { KeepAlive } from './keep-alive.ts';
import { LinkKeeper, type LinkKeeperParts } from './link-keeper.ts';
import { type Incoming, Mailbox } from './mailbox.ts';
import { ProviderSelection, type SelectionRules } from './provider-selection.ts';
import { changeOf, firstState } from './record-state.ts';
import type { StageAccess } from './stage-access.ts';
import { StageTalk } from './stage-talk.ts';
import { isOver, next, type State, type StateEvent } from './state.ts';
import { VendorSessions } from './vendor-sessions.ts';
import { Wake } from './wake.ts';
import { now } from '../clock.ts';

/** ms that a stopped session waits for the vendor before viewers are told that it has ended. */
const stopTimeout = 1_500;
/** ms that viewers are given to hear of the end. */
const lastEventsTimeout = 500;

export type ActorParts = {
  store: Pick<SessionStore, 'events' | 'listMessages' | 'postMessage'>;
  providers: Providers;
  selection: SelectionRules;
  mediaRelay: MediaRelay;
  stage: StageAccess;
  metrics: Metrics;
  logger: Logger;
  /** This worker's name. */
  worker: string;
  /** ms that an utterance may take to end when the worker drains. */
  drainDeadline: number;
};

/**
 * Owns one session for as long as the lease lasts. Its parts (mailbox, speaker, link, lease) tell what they see and wake one loop;
 * only the loop acts: it opens and closes vendor sessions, has the speaker act, changes the state (see state.ts).
 */
export class SessionActor {
  readonly #parts: ActorParts;
  readonly #owned: OwnedSession;
  readonly #logger: Logger;
  readonly #wake = new Wake();
  readonly #journal: Journal;
  readonly #speaker: Speaker;
  readonly #captions: Captions;
  readonly #vendorSessions: VendorSessions;
  /** Aborts when the actor is done. */
  readonly #done = new AbortController();
  #state: State;
  readonly #inheritance: Inheritance;
  readonly #mailbox: Mailbox;
  readonly #stageTalk: StageTalk;
  #eventsPassed: Promise<void> | undefined;
  readonly #selection: ProviderSelection;
  readonly #links: LinkKeeper;
  /** The handing over, or the end, once it has begun. */
  #finishing: Promise<void> | undefined;
  readonly #keepAlive: KeepAlive;
  #crash: unknown;

  constructor(parts: ActorParts, owned: OwnedSession, lease: Lease) {
    const { worker, metrics, providers } = parts;
    const { record } = owned;
    this.#parts = parts;
    this.#owned = owned;
    this.#logger = parts.logger.child({ sessionId: owned.id, epoch: owned.epoch });
    this.#journal = new Journal(owned, () => this.#dispatch({ type: 'fenced' }), this.#logger);
    this.#vendorSessions = new VendorSessions({ owned, metrics, logger: this.#logger });
    this.#selection = new ProviderSelection({
      owned,
      providers,
      rules: parts.selection,
      journal: this.#journal,
    });
    this.#captions = new Captions((caption) => {
      this.#journal.append(caption);
      if (caption.speaker === 'avatar') this.#links.current?.tell((relay) => relay.caption(caption));
    });
    this.#speaker = new Speaker({
      avatar: record.avatar,
      onUncertain: record.onUncertain,
      capabilities: this.#selection.capabilities,
      book: new MessageBook(owned, this.#journal, metrics, () => this.#selection.name),
      metrics,
      logger: this.#logger,
      mayAct: () => lease.remaining() > 0,
      wake: this.#wake.wake,
      lost: (error) => this.#links.lose(error),
      proven: () => {
        this.#selection.spoken();
        this.#dispatch({ type: 'link.proven' });
      },
      stateChanged: (state) => {
        if (
          this.#state.name !== 'starting' &&
          this.#state.name !== 'live' &&
          this.#state.name !== 'recovering'
        )
          return;
        this.#journal.append({ type: 'avatar.state', state });
        this.#links.current?.tell((relay) => relay.setAvatarState(state));
      },
    });
    this.#keepAlive = new KeepAlive({
      metrics,
      logger: this.#logger,
      lost: (error) => this.#links.lose(error),
      wake: this.#wake.wake,
    });
    this.#inheritance = new Inheritance({
      store: parts.store,
      owned,
      providers,
      vendorSessions: this.#vendorSessions,
      split: (message, records) => this.#speaker.splitInherited(message, records),
      logger: this.#logger,
    });
    this.#links = new LinkKeeper({
      ...parts,
      owned,
      selection: this.#selection,
      inherited: this.#inheritance.gone,
      vendorSessions: this.#vendorSessions,
      logger: this.#logger,
      isFence: (error) => this.#journal.noticeFence(error),
      listeners: {
        vendor: (event) => this.#onVendorEvent(event),
        voice: (active) => this.#speaker.voice(active, now()),
        stageData: (data) => this.#stageTalk.hear(data),
        event: (event) => this.#onMediaEvent(event),
        up: ({ session }, provider) => {
          this.#keepAlive.attach(session);
          this.#speaker.attach(session, provider);
          this.#stageTalk.reached();
          this.#dispatch({ type: 'link.up', at: now() });
        },
        down: (down) => this.#onDown(down),
      },
      wake: this.#wake.wake,
    });
    this.#mailbox = new Mailbox({
      owned,
      inheritance: this.#inheritance,
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
    this.#announce(this.#state, worker);
  }

  /** Lets utterances end until `deadline` (epoch ms), then hands the session over. */
  release(deadline: number): void {
    this.#dispatch({ type: 'drain.requested', deadline });
  }

  /** Until the session has ended or is to be another worker's. Throws FencedError when it is already, and whatever broke. */
  async run(signal: AbortSignal): Promise<'ended' | 'released'> {
    const onAbort = () => {
      if (signal.reason instanceof HandOver) this.release(now() + this.#parts.drainDeadline);
      else this.#dispatch({ type: 'fenced' });
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const mailbox = this.#mailbox.read(this.#done.signal);
    this.#eventsPassed = this.#stageTalk.pass(this.#done.signal);
    try {
      while (!isOver(this.#state) && this.#crash === undefined) {
        const lookAgain = this.#reconcile(now());
        // oxlint-disable-next-line no-await-in-loop -- the loop
        await this.#wake.sleep(lookAgain);
      }
      if (this.#crash !== undefined) throw this.#crash;
      if (this.#state.name === 'fenced')
        throw new FencedError(this.#owned.id, this.#owned.epoch, 'its worker stopped acting on it');
      return this.#state.name === 'ended' ? 'ended' : 'released';
    } finally {
      signal.removeEventListener('abort', onAbort);
      await this.#leave();
      await Promise.all([mailbox, this.#eventsPassed]);
      this.#parts.metrics.sessionChanged(this.#state.name, undefined);
    }
  }

  /** One look at everything: begins what is due, and returns when to look again at the latest (epoch ms). */
  #reconcile(now: number): number {
    for (const incoming of this.#mailbox.take()) this.#handle(incoming);
    if (!this.#finishing) this.#links.settle();
    const state = this.#state;
    switch (state.name) {
      case 'starting':
      case 'recovering':
        if (now >= state.notBefore) this.#links.open();
        return Math.min(
          this.#speaker.act(now, { submit: false }),
          now < state.notBefore ? state.notBefore : Number.POSITIVE_INFINITY,
        );
      case 'live':
        this.#links.current?.checkStall(now);
        return Math.min(
          this.#speaker.act(now, { submit: true }),
          this.#keepAlive.act(now),
          this.#links.current?.stallDeadline ?? now,
        );
      case 'releasing': {
        const look = this.#speaker.act(now, { submit: false });
        if (this.#links.current && this.#speaker.busy && now < state.deadline)
          return Math.min(look, state.deadline);
        this.#cancelOpening();
        this.#finish(() => this.#handOver());
        return Number.POSITIVE_INFINITY;
      }
      case 'stopping':
        this.#cancelOpening();
        this.#finish(() => this.#end(state.end));
        return Number.POSITIVE_INFINITY;
      case 'released':
      case 'ended':
      case 'fenced':
        return now;
    }
  }

  #handle({ command, known }: Incoming): void {
    switch (command.type) {
      case 'message':
        return this.#speaker.add(command, known);
      case 'stop':
        return this.#dispatch({ type: 'stop.requested', reason: command.reason });
      case 'interrupt':
        this.#inheritance.hurry();
        this.#speaker.interrupt({}, () => void this.#interruptDone(command));
        this.#captions.finish();
    }
  }

  async #interruptDone({ id, at, entryId }: Extract<QueuedCommand, { type: 'interrupt' }>): Promise<void> {
    // a former owner's avatar may be speaking still
    await this.#inheritance.gone;
    this.#journal.append({ type: 'interrupt.done', commandId: id, tookMs: Math.max(0, Date.now() - at) });
    this.#journal.write(() => this.#owned.advance(entryId));
  }

  #dispatch(event: StateEvent): void {
    const before = this.#state;
    this.#state = next(before, event);
    if (this.#state === before) return;
    if (this.#state.name !== before.name || this.#state.name === 'recovering')
      this.#announce(this.#state, this.#parts.worker, before);
    this.#wake.wake();
  }

  #announce(state: State, worker: string, before?: State): void {
    this.#parts.metrics.sessionChanged(before?.name, state.name);
    this.#logger.info(
      { from: before?.name, to: state.name, ...('reason' in state && { reason: state.reason }) },
      'session state changed',
    );
    const change = changeOf(state, this.#owned, worker);
    if (change) this.#journal.write(() => this.#owned.setState(change));
  }

  #onMediaEvent(event: SessionEventBody): void {
    this.#journal.append(event);
    this.#wake.wake();
  }

  #onDown(down: Parameters<LinkKeeperParts['listeners']['down']>[0]): void {
    this.#keepAlive.detach();
    this.#speaker.detach({ another: down.another ?? false });
    this.#captions.finish();
    this.#dispatch({ type: 'link.down', at: now(), chance: Math.random(), ...down });
  }

  /** Begins the handing over or the end, once nothing is being opened or stopped any more. */
  #finish(finish: () => Promise<void>): void {
    if (this.#finishing || this.#links.busy) return;
    this.#finishing = finish()
      .catch((error: unknown) => void (this.#crash ??= error))
      .finally(() => {
        this.#finishing = undefined;
        this.#wake.wake();
      });
  }

  async #handOver(): Promise<void> {
    await Promise.all([this.#inheritance.gone, this.#closeLink('its worker hands the session over')]);
    await this.#journal.idle();
    this.#dispatch({ type: 'cleared' });
  }

  async #end(end: Extract<State, { name: 'stopping' }>['end']): Promise<void> {
    this.#speaker.detach();
    this.#captions.finish();
    const stopping = this.#links.current?.stopVendor(end.message);
    if (stopping) await within(stopping, stopTimeout);
    this.#journal.write(() => this.#owned.end(end));
    await this.#journal.idle();
    if (this.#eventsPassed) await within(this.#eventsPassed, lastEventsTimeout);
    await Promise.all([stopping, this.#inheritance.gone, this.#closeLink(end.message)]);
    await within(this.#closeStage(), stopTimeout);
    this.#dispatch({ type: 'cleared' });
  }

  async #closeStage(): Promise<void> {
    try {
      await this.#parts.stage.close(this.#owned.id, this.#owned.record.room);
    } catch (error) {
      this.#logger.warn({ err: error }, 'the stage of an ended session could not be closed');
    }
  }

  #onVendorEvent(event: VendorEvent): void {
    switch (event.type) {
      case 'raw':
        return this.#journal.append({
          type: 'vendor.event',
          source: event.source,
          name: event.name,
          payload: event.payload,
        });
      case 'speech.started':
      case 'speech.ended':
        return this.#speaker.handle(event);
      case 'caption':
        return this.#captions.update(
          event,
          event.taskId === undefined ? undefined : this.#speaker.messageOf(event.taskId),
        );
      case 'user.started':
      case 'user.stopped':
      case 'user.silent':
        return this.#journal.append(event);
      case 'credits':
        return this.#onCredits(event);
      case 'closed':
    }
  }

  #onCredits({ remaining, low }: Extract<VendorEvent, { type: 'credits' }>): void {
    const provider = this.#selection.name;
    this.#parts.metrics.vendorCredits(provider, remaining);
    this.#journal.append({ type: 'vendor.credits', provider, remaining, low });
  }

  #onFailure(error: unknown): void {
    if (this.#done.signal.aborted || this.#journal.noticeFence(error)) return;
    this.#crash ??= error;
    this.#wake.wake();
  }

  #cancelOpening(): void {
    this.#inheritance.hurry();
    this.#links.cancelOpening();
  }

  async #closeLink(reason: string): Promise<void> {
    this.#keepAlive.detach();
    this.#speaker.detach();
    await this.#links.close(reason);
  }

  /** Whatever happened: stops the vendor session and leaves the stage. */
  async #leave(): Promise<void> {
    this.#journal.close();
    this.#done.abort();
    this.#cancelOpening();
    await this.#links.idle();
    await this.#finishing;
    await this.#closeLink('its worker does not own the session any more');
  }
}
