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
import type { AvatarProvider } from '../providers/avatar-provider.ts';
import type { VendorEvent } from '../providers/vendor-event.ts';
import { Captions } from '../speech/captions.ts';
import { MessageBook } from '../speech/message-book.ts';
import { Speaker } from '../speech/speaker.ts';
import { within } from '../within.ts';
import { explain } from './explain.ts';
import { Inheritance } from './inheritance.ts';
import { Journal } from './journal.ts';
import { KeepAlive } from './keep-alive.ts';
import { Link } from './link.ts';
import { type Incoming, Mailbox } from './mailbox.ts';
import { changeOf, firstState } from './record-state.ts';
import type { StageAccess } from './stage-access.ts';
import { StageTalk } from './stage-talk.ts';
import { isOver, next, type State, type StateEvent } from './state.ts';
import { VendorSessions } from './vendor-sessions.ts';
import { Wake } from './wake.ts';

/** ms that a stopped session waits for the vendor before viewers are told that it has ended. */
const politeness = 1_500;
/** ms that viewers are given to hear of the end. */
const farewell = 500;

export type ActorParts = {
  store: Pick<SessionStore, 'events' | 'listMessages' | 'postMessage'>;
  provider: AvatarProvider;
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
  #link: Link | undefined;
  /** Why the link is to be given up. */
  #lost: Error | undefined;
  /** A given-up link whose last picture is on the stage still. */
  #remains: Link | undefined;
  #opening: { cancel: AbortController; done: Promise<void> } | undefined;
  /** What must be over before anything else is begun. */
  #closing: Promise<void> | undefined;
  readonly #keepAlive: KeepAlive;
  #crash: unknown;

  constructor(parts: ActorParts, owned: OwnedSession, lease: Lease) {
    const { worker, metrics, provider } = parts;
    const { record } = owned;
    this.#parts = parts;
    this.#owned = owned;
    this.#logger = parts.logger.child({ sessionId: owned.id, epoch: owned.epoch });
    this.#journal = new Journal(owned, () => this.#dispatch({ type: 'fenced' }), this.#logger);
    this.#vendorSessions = new VendorSessions({ owned, metrics, logger: this.#logger });
    this.#captions = new Captions((caption) => {
      this.#journal.append(caption);
      if (caption.speaker === 'avatar') this.#link?.tell((relay) => relay.caption(caption));
    });
    this.#speaker = new Speaker({
      avatar: record.avatar,
      capabilities: provider.capabilities,
      book: new MessageBook(owned, this.#journal, metrics),
      metrics,
      logger: this.#logger,
      mayAct: () => lease.remaining() > 0,
      wake: this.#wake.wake,
      lost: (error) => this.#onLost(error),
      proven: () => this.#dispatch({ type: 'link.proven' }),
      stateChanged: (state) => {
        if (
          this.#state.name !== 'starting' &&
          this.#state.name !== 'live' &&
          this.#state.name !== 'recovering'
        )
          return;
        this.#journal.append({ type: 'avatar.state', state });
        this.#link?.tell((relay) => relay.setAvatarState(state));
      },
    });
    this.#keepAlive = new KeepAlive({
      metrics,
      logger: this.#logger,
      lost: (error) => this.#onLost(error),
      wake: this.#wake.wake,
    });
    this.#inheritance = new Inheritance({
      store: parts.store,
      owned,
      provider,
      vendorSessions: this.#vendorSessions,
      split: (message) => this.#speaker.split(message),
      logger: this.#logger,
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
      tell: (how) => (this.#link ?? this.#remains)?.tell(how),
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
      if (signal.reason instanceof HandOver) this.release(Date.now() + this.#parts.drainDeadline);
      else this.#dispatch({ type: 'fenced' });
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const mailbox = this.#mailbox.read(this.#done.signal);
    this.#eventsPassed = this.#stageTalk.pass(this.#done.signal);
    try {
      while (!isOver(this.#state) && this.#crash === undefined) {
        const lookAgain = this.#reconcile(Date.now());
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
    for (const incoming of this.#mailbox.take()) this.#obey(incoming);
    if (this.#lost && this.#link && !this.#closing) this.#giveUpLink(this.#link, this.#lost);
    this.#lost = undefined;
    const state = this.#state;
    switch (state.name) {
      case 'starting':
      case 'recovering':
        if (now >= state.notBefore) this.#open();
        return Math.min(
          this.#speaker.act(now, { submit: false }),
          now < state.notBefore ? state.notBefore : Number.POSITIVE_INFINITY,
        );
      case 'live':
        this.#link?.checkStall(now);
        return Math.min(
          this.#speaker.act(now, { submit: true }),
          this.#keepAlive.act(now),
          this.#link?.stallDeadline ?? now,
        );
      case 'releasing': {
        const look = this.#speaker.act(now, { submit: false });
        if (this.#link && this.#speaker.busy && now < state.deadline) return Math.min(look, state.deadline);
        this.#cancelOpening();
        this.#close(() => this.#handOver());
        return Number.POSITIVE_INFINITY;
      }
      case 'stopping':
        this.#cancelOpening();
        this.#close(() => this.#end(state.end));
        return Number.POSITIVE_INFINITY;
      case 'released':
      case 'ended':
      case 'fenced':
        return now;
    }
  }

  #obey({ command, known }: Incoming): void {
    switch (command.type) {
      case 'message':
        return this.#speaker.add(command, known);
      case 'stop':
        return this.#dispatch({ type: 'stop.requested', reason: command.reason });
      case 'interrupt':
        this.#inheritance.hurry();
        this.#speaker.interrupt(() => void this.#told(command));
        this.#captions.finish();
    }
  }

  async #told({ id, at, entryId }: Extract<QueuedCommand, { type: 'interrupt' }>): Promise<void> {
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

  #open(): void {
    if (this.#opening || this.#closing || this.#link) return;
    const cancel = new AbortController();
    const done = this.#openLink(cancel.signal).finally(() => {
      this.#opening = undefined;
      this.#wake.wake();
    });
    this.#opening = { cancel, done };
  }

  async #openLink(signal: AbortSignal): Promise<void> {
    const { metrics } = this.#parts;
    const { record, id: sessionId } = this.#owned;
    try {
      // one slot, one vendor session
      await this.#inheritance.gone;
      signal.throwIfAborted();
      const link = await Link.open(
        {
          ...this.#parts,
          sessionId,
          room: record.room,
          ...(record.dialect && { dialect: record.dialect }),
          avatar: record.avatar,
          vendorSessions: this.#vendorSessions,
          logger: this.#logger,
        },
        {
          vendor: (event) => this.#onVendorEvent(event),
          voice: (active) => this.#speaker.voice(active, Date.now()),
          stageData: (data) => this.#stageTalk.hear(data),
          event: (event) => this.#onMediaEvent(event),
          lost: (error) => this.#onLost(error),
        },
        signal,
      );
      void this.#remains?.leaveStage('its successor is on the stage');
      this.#remains = undefined;
      this.#link = link;
      this.#keepAlive.attach(link.session);
      this.#speaker.attach(link.session);
      this.#dispatch({ type: 'link.up', at: Date.now() });
    } catch (error) {
      if (signal.aborted || this.#journal.noticeFence(error)) return;
      const down = explain(error);
      this.#logger.warn({ err: error, code: down.code }, 'no vendor session could be put on the stage');
      metrics.vendorSessionLost(down.code);
      this.#dispatch({ type: 'link.down', at: Date.now(), chance: Math.random(), ...down });
    }
  }

  #onMediaEvent(event: SessionEventBody): void {
    this.#journal.append(event);
    this.#wake.wake();
  }

  #onLost(error: Error): void {
    this.#lost ??= error;
    this.#wake.wake();
  }

  #giveUpLink(link: Link, error: Error): void {
    const down = explain(error);
    this.#logger.warn(
      { err: error, code: down.code, vendorSessionId: link.session.ref.id },
      'the vendor session was lost',
    );
    this.#parts.metrics.vendorSessionLost(down.code);
    this.#link = undefined;
    this.#keepAlive.detach();
    this.#speaker.detach();
    this.#captions.finish();
    void this.#remains?.leaveStage('it was lost, and its successor, too');
    this.#remains = link;
    // one slot, one vendor session: the next is opened when this one is stopped
    this.#close(() => link.stopVendor(down.reason));
    this.#dispatch({ type: 'link.down', at: Date.now(), chance: Math.random(), ...down });
  }

  /** Begins what closes things, once what runs already is over. */
  #close(close: () => Promise<void>): void {
    if (this.#closing || this.#opening) return;
    this.#closing = close()
      .catch((error: unknown) => void (this.#crash ??= error))
      .finally(() => {
        this.#closing = undefined;
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
    const stopping = this.#link?.stopVendor(end.message);
    if (stopping) await within(stopping, politeness);
    this.#journal.write(() => this.#owned.end(end));
    await this.#journal.idle();
    if (this.#eventsPassed) await within(this.#eventsPassed, farewell);
    await Promise.all([stopping, this.#inheritance.gone, this.#closeLink(end.message)]);
    await within(this.#closeStage(), politeness);
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
    const provider = this.#parts.provider.name;
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
    this.#opening?.cancel.abort();
  }

  async #closeLink(reason: string): Promise<void> {
    const [link, remains] = [this.#link, this.#remains];
    this.#link = undefined;
    this.#remains = undefined;
    this.#keepAlive.detach();
    this.#speaker.detach();
    await Promise.all([link?.stopVendor(reason), link?.leaveStage(reason), remains?.leaveStage(reason)]);
  }

  /** Whatever happened: stops the vendor session and leaves the stage. */
  async #leave(): Promise<void> {
    this.#journal.close();
    this.#done.abort();
    this.#cancelOpening();
    await this.#opening?.done;
    await this.#closing;
    await this.#closeLink('its worker does not own the session any more');
  }
}
