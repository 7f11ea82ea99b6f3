import { setTimeout as delay } from 'node:timers/promises';
import { checkBindAddress } from './bind-address.ts';
import { unlessAborted, withDeadline } from './deadline.ts';
import { errorOfDisconnect } from './disconnect-reason.ts';
import { connectionError, RetryableError, TerminalError } from './errors.ts';
import type { RtpParticipantEvents } from './events.ts';
import type { PublishedTrack } from './published-track.ts';
import { next, type Loss, type RejoinEvent, type RejoinPolicy, type RejoinState } from './rejoin.ts';
import { Roster } from './roster.ts';
import { Session } from './session.ts';
import type { SubscribedTrack } from './subscribed-track.ts';
import type { RtpParticipantOptions } from './types.ts';

type Emit = <E extends keyof RtpParticipantEvents>(event: E, ...args: RtpParticipantEvents[E]) => void;

const CONNECT_TIMEOUT = 10_000;
const RECONNECT_TIMEOUT = 60_000;
/** ms until an attempt to rejoin gives up where nothing takes the TCP connection. */
const REACH_TIMEOUT = 3_000;
/**
 * ms that a server may take to answer once it has our request. Long, because a frozen server answers when it thaws: with all requests
 * that it was sent by then, and each would be a participant that throws out the one before.
 */
const ANSWER_TIMEOUT = 30_000;
const RESTORE_TIMEOUT = 10_000;

/**
 * A participant's place in its room: the current session, and after a loss the attempts to have another one, with what has to be the
 * same in it (tracks, attributes, who was known to be there). States and rules are in rejoin.ts; here is what they cause.
 */
export class Membership {
  /** Aborts at the end, with the error that calls fail with from then on. */
  readonly lifetime = new AbortController();
  readonly roster = new Roster();
  /** Tracks of ours that are to be in the room, in the order of their publication. */
  readonly published = new Set<PublishedTrack>();
  /** Attributes that we have set; an empty value was removed. */
  readonly attributes: Record<string, string> = {};
  readonly #options: RtpParticipantOptions;
  readonly #policy: RejoinPolicy;
  readonly #emit: Emit;
  #state: RejoinState = { name: 'joining' };
  /** The last session that got a join response, or the first. */
  #current: Session;
  #newest: Session;
  #outage: AbortController | undefined;
  #patience: NodeJS.Timeout | undefined;
  #back = Promise.withResolvers<void>();
  #waiting = 0;
  #released: Promise<unknown> = Promise.resolve();

  constructor(options: RtpParticipantOptions, emit: Emit) {
    this.#options = options;
    this.#policy = { reconnect: options.reconnect ?? true, random: Math.random };
    this.#emit = emit;
    this.#current = this.#newest = this.#open(options.token);
  }

  /** The session whose facts are true now; in an outage the one that was lost. */
  get current(): Session {
    return this.#current;
  }

  get token(): string {
    return this.#newest.token;
  }

  /** The session to call on. Undefined in an outage, and as long as calls from then have their turn: `rejoined` waits for that. */
  get session(): Session | undefined {
    this.lifetime.signal.throwIfAborted();
    return this.#state.name === 'rejoining' || this.#waiting > 0 ? undefined : this.#current;
  }

  /** The session to call on after the outage; in the order of the calls. */
  async rejoined(signal: AbortSignal): Promise<Session> {
    this.#waiting++;
    try {
      await unlessAborted(this.#back.promise, signal);
      while (this.#state.name === 'rejoining') await unlessAborted(this.#back.promise, signal);
      return this.#current;
    } finally {
      this.#waiting--;
    }
  }

  /** Resolves when joined for the first time; otherwise leaves nothing behind. */
  async join(): Promise<void> {
    const session = this.#current;
    const timeout = this.#options.connectTimeout ?? CONNECT_TIMEOUT;
    try {
      await withDeadline(
        { what: 'joining the room', timeout, signals: [this.#options.signal] },
        () => session.ready,
      );
      session.lifetime.signal.throwIfAborted();
      this.#step({ type: 'joined', at: performance.now() });
    } catch (error) {
      const joined = session.join !== undefined;
      await this.close('connecting failed');
      if (!joined || !(error instanceof RetryableError) || error.code !== 'timeout') throw error;
      throw new RetryableError('ice-failed', `joined, but no path for media was found within ${timeout} ms`, {
        cause: error,
      });
    }
  }

  /** Leaves for good. Resolves when everything has been let go of. Idempotent. */
  async close(detail?: string): Promise<void> {
    void this.#newest.close('client', detail);
    // In an outage the end of an attempt is not the end of all.
    this.#step({
      type: 'lost',
      at: performance.now(),
      loss: { reason: 'client', detail, error: errorOfDisconnect('client', detail) },
    });
    await this.#released;
  }

  #open(token: string): Session {
    const session: Session = new Session(
      { ...this.#options, token, roster: this.roster },
      {
        emit: (event, ...args) => this.#tell(event, ...args),
        onJoined: () => (this.#current = session),
        onEnd: (loss, subscribed) => this.#onEnd(session, loss, subscribed),
      },
    );
    return session;
  }

  #onEnd(session: Session, loss: Loss, subscribed: SubscribedTrack[]): void {
    this.#released = Promise.all([this.#released, session.released]);
    // In an outage it is an attempt that ended, of which the loop hears by itself.
    if (this.#state.name !== 'rejoining') this.#step({ type: 'lost', at: performance.now(), loss });
    for (const track of subscribed) this.#tell('trackUnsubscribed', track);
  }

  #step(event: RejoinEvent): void {
    const before = this.#state;
    const state = next(before, event, this.#policy);
    if (state === before) return;
    if (state.name === 'ended') return this.#finish(state);
    this.#state = state;
    if (state.name === 'rejoining' && before.name === 'joined') this.#startOutage(state.loss);
    if (state.name === 'joined' && before.name === 'rejoining') this.#endOutage();
  }

  #startOutage({ reason, detail }: Loss): void {
    const outage = new AbortController();
    const timeout = this.#options.reconnectTimeout ?? RECONNECT_TIMEOUT;
    this.#outage = outage;
    this.#back = Promise.withResolvers();
    this.#patience = setTimeout(() => this.#step({ type: 'expired', timeout }), timeout);
    this.#options.logger?.info({ reason, detail }, 'the room was lost and is joined again');
    this.#tell('reconnecting', { reason, ...(detail === undefined ? {} : { detail }) });
    void this.#rejoin(outage.signal);
  }

  #endOutage(): void {
    clearTimeout(this.#patience);
    this.#outage?.abort();
    this.#back.resolve();
    this.#options.logger?.info({ sid: this.#current.own?.sid }, 'the room is joined again');
    this.#tell('reconnected');
  }

  #finish(state: Extract<RejoinState, { name: 'ended' }>): void {
    const { reason, detail, error } = state.loss;
    const wasJoined = this.#state.name !== 'joining';
    this.#state = state;
    clearTimeout(this.#patience);
    this.lifetime.abort(error);
    this.#outage?.abort(error);
    void this.#newest.close(reason, detail);
    for (const track of this.published) track.release();
    if (wasJoined) this.#emit('disconnected', { reason, ...(detail === undefined ? {} : { detail }) });
  }

  /** Nothing comes after `disconnected`, also when a listener of one of several events has closed us. */
  #tell: Emit = (event, ...args) => {
    if (this.#state.name !== 'ended') this.#emit(event, ...args);
  };

  async #rejoin(outage: AbortSignal): Promise<void> {
    while (!outage.aborted && this.#state.name === 'rejoining') {
      await delay(this.#state.wait, undefined, { signal: outage }).catch(() => undefined);
      if (!outage.aborted && (await this.#canBind()) && !outage.aborted) await this.#attempt(outage);
    }
  }

  /** An address that was ours can be so no longer, and come back. */
  async #canBind(): Promise<boolean> {
    const { bindAddress } = this.#options;
    try {
      if (bindAddress !== undefined) await checkBindAddress(bindAddress);
      return true;
    } catch (cause) {
      const error = new RetryableError('ice-failed', 'bindAddress is no address of this machine any more', {
        cause,
      });
      this.#step({ type: 'failed', loss: { reason: 'media-lost', error }, unanswered: false });
      return false;
    }
  }

  async #attempt(outage: AbortSignal): Promise<void> {
    const session = (this.#newest = this.#open(this.token));
    const signals = [outage, session.lifetime.signal];
    const { connectTimeout = CONNECT_TIMEOUT } = this.#options;
    let reached = false;
    try {
      await withDeadline(
        { what: 'reaching the server', timeout: REACH_TIMEOUT, signals },
        () => session.reached,
      );
      reached = true;
      await withDeadline(
        { what: 'the answer of the server', timeout: ANSWER_TIMEOUT, signals },
        () => session.joined,
      );
      await withDeadline(
        { what: 'finding a path for media', timeout: connectTimeout, signals },
        () => session.ready,
      );
      await withDeadline({ what: 'publishing again', timeout: RESTORE_TIMEOUT, signals }, (signal) =>
        this.#restore(session, signal),
      );
      session.lifetime.signal.throwIfAborted();
      this.#step({ type: 'joined', at: performance.now() });
    } catch (cause) {
      const error = connectionError(cause);
      const unanswered = reached && session.join === undefined && session.loss === undefined;
      const loss: Loss = session.loss ?? { reason: 'join-failure', detail: error.message, error };
      void session.close('client', 'rejoining failed');
      this.#options.logger?.debug({ err: error, unanswered }, 'joining again failed');
      this.#step({ type: 'failed', loss, unanswered });
    }
  }

  /** Makes a new session look to the others like the one that was lost. */
  async #restore(session: Session, signal: AbortSignal): Promise<void> {
    const tracks = [...this.published].map((track) => this.#republish(session, track, signal));
    await Promise.all([this.#restoreAttributes(session, signal), ...tracks]);
  }

  async #republish(session: Session, track: PublishedTrack, signal: AbortSignal): Promise<void> {
    try {
      await session.publisher.publish(track, signal);
    } catch (error) {
      if (track.closed) return;
      if (!(error instanceof TerminalError) || session.loss !== undefined) throw error;
      this.#options.logger?.warn(
        { err: error, name: track.options.name },
        'a track could not be published again',
      );
      track.release();
      this.#tell('localTrackUnpublished', track);
    }
  }

  async #restoreAttributes(session: Session, signal: AbortSignal): Promise<void> {
    const now = session.own?.attributes ?? {};
    const missing = Object.entries(this.attributes).filter(([key, value]) => (now[key] ?? '') !== value);
    if (missing.length === 0) return;
    try {
      await session.updateAttributes(Object.fromEntries(missing), signal);
    } catch (error) {
      if (!(error instanceof TerminalError) || session.loss !== undefined) throw error;
      this.#options.logger?.warn({ err: error }, 'attributes could not be set again');
    }
  }
}
