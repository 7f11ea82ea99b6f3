import type { OwnedSession } from '@avatar-bridge/session-store';
import { now } from '../clock.ts';
import { LostError } from '../lost-error.ts';
import type { MediaChannel } from '../providers/avatar-provider.ts';
import type { VendorEvent } from '../providers/vendor-event.ts';
import type { Attachment } from '../speech/delivery.ts';
import { Carriage, type CarriageListeners, type CarriageParts } from './carriage.ts';
import { type Down, explain, isStageTrouble } from './explain.ts';
import { type Age, current, type LinkEvent, type Links, living, next, taskOf } from './link-state.ts';
import type { ProviderSelection } from './provider-selection.ts';
import { lastMomentMs, rolloverRetryMs } from './rollover.ts';
import { stableAfter } from './state.ts';
import type { VendorLink } from './vendor-link.ts';
import { type Taken, VendorSource, type VendorSourceParts } from './vendor-source.ts';

export type LinkListeners = Omit<CarriageListeners, 'sourceLost' | 'stageLost'> & {
  vendor: (event: VendorEvent) => void;
  /**
   * A vendor session is on the stage and can be spoken to: the first, another one, or again. `silence`: it
   * may be saying what nobody heard, or nobody wants to hear.
   */
  up: (link: VendorLink, how: Attachment) => void;
  /** The vendor session lives, but viewers don't see it; open() puts it on the stage again. */
  offstage: (reason: string) => void;
  /**
   * The vendor session was lost, or none could be opened. `kept`: it lives, but could not be put on the
   * stage.
   */
  down: (down: ReturnType<ProviderSelection['failed']>, kept?: VendorLink) => void;
};

export type LinkKeeperParts = VendorSourceParts & {
  owned: Pick<OwnedSession, 'reserveSlot' | 'releaseSlot'>;
  mediaRelay: CarriageParts['mediaRelay'];
  /** Whether an error means that the session is another owner's; then nothing more is reported. */
  isFence: (error: unknown) => boolean;
  /** Resolves when it is certain; to be asked before what may be another owner's is given up or silenced. */
  isStillOurs: () => Promise<boolean>;
  /**
   * Resolves at a pause between utterances, at `by` at the latest; nothing is submitted until resume() or
   * `up`.
   */
  pause: (by: number, signal: AbortSignal) => Promise<void>;
  resume: () => void;
  listeners: LinkListeners;
};

type Outcome = { event: LinkEvent; tell?: () => void };

/**
 * Keeps one vendor session of a session on the stage: takes over the one that a former owner left, opens
 * another one when it is lost, replaces it before its limit, and puts it on the stage again when that was
 * lost.
 */
export class LinkKeeper {
  readonly #parts: LinkKeeperParts;
  readonly #source: VendorSource;
  #links: Links = { name: 'none' };
  /** What is on the stage: the current vendor session's avatar, or the last picture of the one before. */
  #carriage: Carriage | undefined;

  constructor(parts: LinkKeeperParts) {
    this.#parts = parts;
    this.#source = new VendorSource(parts);
  }

  /** The vendor session that can be spoken to. */
  get current(): VendorLink | undefined {
    return current(this.#links);
  }

  /** What viewers see, if they see anything. */
  get onStage(): Carriage | undefined {
    return this.#carriage?.onStage ? this.#carriage : undefined;
  }

  /** Opens a vendor session, or puts the one that lives on the stage again, unless that is under way. */
  open(): void {
    const links = this.#links;
    if (links.name === 'none') this.#begin('opening', (signal) => this.#open(signal));
    if (links.name === 'offstage') this.#begin('opening', (signal) => this.#return(links.link, signal));
  }

  /** Does what is due, and returns when to look again at the latest (ms by now()). */
  act(at: number): number {
    this.#carriage?.checkStall(at);
    const stallDeadline = this.#carriage?.stallDeadline ?? Number.POSITIVE_INFINITY;
    const links = this.#links;
    if (links.name !== 'up') return stallDeadline;
    if (at < links.age.rollAt) return Math.min(stallDeadline, links.age.rollAt);
    this.#begin('rolling', (signal) => this.#roll(links.link, signal));
    return stallDeadline;
  }

  /** The vendor session can't be used any more. It is given up, unless it is another owner's by now. */
  lose(error: Error): void {
    const link = living(this.#links);
    if (link) void this.#onSourceLost(link, error);
  }

  /** Stops every vendor session of the session and leaves the stage; never rejects. */
  async close(reason: string): Promise<void> {
    await this.stopVendor(reason);
    await this.leaveStage(reason);
  }

  /**
   * Stops every vendor session; the stage keeps the last picture. Nothing is opened after it. Never rejects.
   */
  async stopVendor(reason: string): Promise<void> {
    await this.#finish();
    this.#carriage?.keepLastPicture();
    await Promise.all([
      living(this.#links)?.stop(reason),
      this.#source.stopInherited(),
      this.#source.stopped(),
    ]);
  }

  /**
   * Leaves the vendor session open, and the avatar on the stage, for the session's next owner. Nothing is
   * told any more. Never rejects.
   */
  async letGo(): Promise<void> {
    await this.#finish();
    living(this.#links)?.letGo();
    this.#carriage?.yield();
  }

  /** Resolves with true when the next owner's relay has come in the place of ours, with false after `ms`. */
  async displaced(ms: number): Promise<boolean> {
    return (await this.#carriage?.displaced(ms)) ?? false;
  }

  /** Takes the avatar off the stage, and nothing more. Never rejects. */
  async leaveStage(reason: string): Promise<void> {
    await this.#carriage?.leave(reason);
  }

  #cancel(): void {
    taskOf(this.#links)?.cancel.abort();
  }

  async #finish(): Promise<void> {
    const task = taskOf(this.#links);
    this.#cancel();
    this.#dispatch({ type: 'closed' });
    await task?.done;
  }

  /** Runs one piece of work; what it brings about is not wanted any more if another one began meanwhile. */
  #begin(type: 'opening' | 'rolling', work: (signal: AbortSignal) => Promise<Outcome>): void {
    const cancel = new AbortController();
    const done = Promise.withResolvers<void>();
    const task = { cancel, done: done.promise };
    this.#dispatch({ type, task });
    const run = async () => {
      const { event, tell } = await work(cancel.signal);
      if (taskOf(this.#links) === task) {
        this.#dispatch(event);
        tell?.();
      } else if ('link' in event) {
        void this.#source.stop(event.link, 'it is not needed any more');
      }
      done.resolve();
      this.#parts.wake();
    };
    void run();
  }

  #dispatch(event: LinkEvent): void {
    this.#links = next(this.#links, event);
  }

  /** Takes over the vendor session of a former owner, or opens one, and puts it on the stage. */
  async #open(signal: AbortSignal): Promise<Outcome> {
    const { owned, stage } = this.#parts;
    let taken: Taken | undefined;
    let link: VendorLink | undefined;
    try {
      await stage.prepare(owned.record.room, signal);
      taken = await this.#source.takeOver(signal);
      link = taken?.link ?? (await this.#source.open(signal));
      await this.#putOnStage(link, signal);
      return this.#opened(link, taken ? this.#goesOn(taken) : {});
    } catch (error) {
      return link ? this.#notOnStage(link, taken !== undefined, error, signal) : this.#failed(error, signal);
    }
  }

  /** Puts the vendor session that lives on the stage again. */
  async #return(link: VendorLink, signal: AbortSignal): Promise<Outcome> {
    const { owned, stage } = this.#parts;
    try {
      await stage.prepare(owned.record.room, signal);
      await this.#putOnStage(link, signal);
      return this.#opened(link, { silence: true });
    } catch (error) {
      if (signal.aborted || isStageTrouble(error)) return this.#failed(error, signal);
      return { event: { type: 'failed' }, tell: () => this.#giveUp(link, error) };
    }
  }

  /** Has a successor take the place of a vendor session that nears its limit. */
  async #roll(link: VendorLink, signal: AbortSignal): Promise<Outcome> {
    const { isFence, logger, owned, pause, resume } = this.#parts;
    let successor: VendorLink | undefined;
    try {
      if (!(await this.#reserveBeside())) return await this.#rollInPlace(link, signal);
      successor = await this.#source.openBeside(signal);
      await pause(link.endsAt - lastMomentMs, signal);
      await this.#putOnStage(successor, signal);
    } catch (error) {
      if (successor) await this.#source.stop(successor, 'it could not take over');
      else if (!signal.aborted && explain(error).kind === 'no-slot') return this.#rollInPlace(link, signal);
      resume();
      await owned.releaseSlot().catch(() => {});
      if (!signal.aborted && !isFence(error)) logger.warn({ err: error }, 'no rollover yet, trying again');
      return { event: { type: 'not-rolled', retryAt: now() + rolloverRetryMs } };
    }
    const { event, tell } = this.#opened(successor, {});
    return {
      event,
      tell: () => {
        tell();
        void this.#source.stop(link, 'another one took over before its limit');
      },
    };
  }

  async #reserveBeside(): Promise<boolean> {
    const { owned, selection } = this.#parts;
    if (!(await owned.reserveSlot())) return false;
    if (await selection.takeSlotBeside()) return true;
    await owned.releaseSlot();
    return false;
  }

  /** Without a slot for two, the last picture stands in for the time of a vendor's start. */
  async #rollInPlace(link: VendorLink, signal: AbortSignal): Promise<Outcome> {
    const { listeners, pause } = this.#parts;
    const reason = 'The vendor session neared its limit, and there is no slot for a second one';
    try {
      await pause(link.endsAt - lastMomentMs, signal);
    } catch {
      return { event: { type: 'not-rolled', retryAt: now() + rolloverRetryMs } };
    }
    return {
      event: { type: 'lost' },
      tell: () => {
        this.#setAside(link, reason);
        listeners.down({ kind: 'elsewhere', code: 'rollover', reason, planned: true });
      },
    };
  }

  /** What a taken over vendor session is saying goes on if viewers heard it, and still want to. */
  #goesOn({ overheard }: Taken): Attachment {
    const { takeover } = this.#parts;
    this.#source.kept();
    const goesOn = overheard !== undefined && !takeover.silenced;
    takeover.decided({ attached: true, heard: goesOn });
    return { silence: !goesOn, overheard };
  }

  /** On the tracks that are there, if they can carry it. */
  async #putOnStage(link: VendorLink, signal: AbortSignal): Promise<void> {
    const former = this.#carriage;
    if (former?.canSwitchTo(link)) {
      await former.switchTo(link, signal);
    } else {
      former?.yield();
      this.#carriage = await Carriage.start(link, this.#carriageParts, this.#carriageListeners, signal);
      void former?.leave('its successor is on the stage');
    }
    await link.connect(this.#channelTo(link), signal);
    signal.throwIfAborted();
  }

  #opened(link: VendorLink, how: Attachment): Required<Outcome> {
    const { listeners, selection } = this.#parts;
    selection.opened();
    const tell = () => {
      this.#source.used(link);
      listeners.up(link, how);
      link.listen((event) => {
        if (event.type !== 'closed') return listeners.vendor(event);
        this.lose(new LostError('vendor-lost', `The vendor closed its session: ${event.reason}`));
      });
    };
    return { event: { type: 'opened', link, age: ageOf(link) }, tell };
  }

  /** A vendor session that lives and is not on the stage: kept when the stage is to blame. */
  async #notOnStage(link: VendorLink, taken: boolean, error: unknown, signal: AbortSignal): Promise<Outcome> {
    const { takeover } = this.#parts;
    const failed = this.#failed(error, signal);
    // Cancelled by a handover or an end, which decides about what is inherited.
    if (taken && signal.aborted) {
      link.letGo();
      return failed;
    }
    this.#source.kept();
    if (!signal.aborted && isStageTrouble(error)) {
      takeover.decided({ attached: true, heard: false });
      return { ...failed, event: { type: 'unstaged', link, age: ageOf(link) } };
    }
    await this.#source.stop(link, 'it could not be put on the stage');
    takeover.decided({ attached: false, heard: false });
    return failed;
  }

  #failed(error: unknown, signal: AbortSignal): Outcome {
    const { isFence, logger, selection } = this.#parts;
    if (signal.aborted || isFence(error)) return { event: { type: 'failed' } };
    const down = explain(error);
    const details = { err: error, code: down.code, provider: selection.name };
    // How often it is not even tried is nothing to be told.
    logger[down.untried ? 'debug' : 'warn'](details, 'no vendor session could be put on the stage');
    return { event: { type: 'failed' }, tell: () => this.#report(down, { stable: false }) };
  }

  async #onSourceLost(link: VendorLink, error: Error): Promise<void> {
    if (await this.#parts.isStillOurs()) this.#giveUp(link, error);
  }

  async #onStageLost(reason: string): Promise<void> {
    // A next owner's avatar is not to be silenced.
    if (reason === 'duplicate-identity' && !(await this.#parts.isStillOurs())) return;
    this.#parts.listeners.stageAway(true);
    if (this.#links.name === 'rolling') this.#cancel();
    this.#dispatch({ type: 'stage-lost' });
    if (this.#links.name === 'offstage') this.#parts.listeners.offstage(reason);
  }

  #giveUp(link: VendorLink, error: unknown): void {
    if (living(this.#links) !== link || this.#links.name === 'closed') return;
    const down = explain(error);
    const { id, provider } = link.session.ref;
    const details = { err: error, code: down.code, provider, vendorSessionId: id };
    this.#parts.logger.warn(details, 'the vendor session was lost');
    const upAt = 'age' in this.#links ? this.#links.age.upAt : now();
    this.#cancel();
    this.#dispatch({ type: 'lost' });
    this.#setAside(link, down.reason);
    this.#report(down, { stable: now() - upAt >= stableAfter });
  }

  /** Its last picture stays on the stage until another one is carried. */
  #setAside(link: VendorLink, reason: string): void {
    this.#carriage?.keepLastPicture();
    void this.#source.stop(link, reason);
  }

  #report(down: Down, lost: { stable: boolean }): void {
    const { listeners, metrics, selection } = this.#parts;
    const kept = living(this.#links);
    if (!down.untried && !kept) metrics.vendorSessionLost(down.code);
    listeners.down(selection.failed(down, now(), lost), kept);
  }

  #channelTo(link: VendorLink): MediaChannel {
    const way = () => {
      if (!this.#carriage) throw new LostError('stage-lost', 'The stage was lost');
      return this.#carriage.channelTo(link);
    };
    return {
      sendData: async (payload, options) => way().sendData(payload, options),
      playVoice: async (chunk) => way().playVoice(chunk),
      clearVoice: async () => way().clearVoice(),
    };
  }

  get #carriageParts(): CarriageParts {
    const { logger, mediaRelay, metrics, owned, stage } = this.#parts;
    const { room, dialect } = owned.record;
    return { sessionId: owned.id, room, dialect, logger, mediaRelay, metrics, stage };
  }

  get #carriageListeners(): CarriageListeners {
    return {
      ...this.#parts.listeners,
      sourceLost: (link, error) => void this.#onSourceLost(link, error),
      stageLost: (reason) => void this.#onStageLost(reason),
    };
  }
}

function ageOf({ rollAt }: VendorLink): Age {
  return { upAt: now(), rollAt };
}
