import { randomUUID } from 'node:crypto';
import { agentIdentity, avatarIdentity, type EndReason } from '@avatar-bridge/heygen-client/liveavatar';
import { AvatarRoom } from '../../avatar/avatar-room.ts';
import type { CloseReason } from '../../avatar/close-reason.ts';

import type { Task } from '../../avatar/task.ts';
import { now } from '../../clock.ts';
import { bounds } from '../../limits.ts';
import { creditsPerMinute } from '../credits.ts';
import { LiveAvatarFailure } from '../http/failure.ts';
import type { LiveAvatarContext } from '../liveavatar-context.ts';
import { endReasonOf } from './end-reason.ts';
import { FullChannel } from './full-channel.ts';
import { LiteChannel } from './lite-channel.ts';
import type { ChannelHost } from './mode-channel.ts';
import {
  minted,
  next,
  nextDue,
  type SessionEvent,
  type SessionLimits,
  type SessionState,
} from './session-state.ts';
import type { SessionSettings } from './session-settings.ts';

/** One LiveAvatar session: its state, its avatar, its money, and how it is talked to. */
export class LiveAvatarSession {
  readonly id = randomUUID();
  /** Names the session in `ws_url`: whoever knows it may bring sound. */
  readonly socketKey = randomUUID();
  readonly settings: SessionSettings;
  /** Oldest first. */
  readonly tasks: Task[] = [];
  readonly channel: FullChannel | LiteChannel;
  readonly #context: LiveAvatarContext;
  readonly #limits: SessionLimits;
  readonly #room: AvatarRoom;
  readonly #onClosed: (session: LiveAvatarSession) => void;
  readonly #over = new AbortController();
  #state: SessionState = minted(now());
  #dueTimer: NodeJS.Timeout | undefined;
  #released: Promise<void> | undefined;
  #endReason: EndReason | undefined;
  creditsConsumed = 0;
  clientJoined = false;
  listening = false;

  constructor(options: {
    settings: SessionSettings;
    context: LiveAvatarContext;
    onClosed: (session: LiveAvatarSession) => void;
  }) {
    const { settings, context } = options;
    this.settings = settings;
    this.#context = context;
    this.#onClosed = options.onClosed;
    this.#limits = {
      token: context.limits.tokenLifetime * 1_000,
      duration: settings.maxSessionDuration * 1_000,
      reap: context.limits.reapAfter * 1_000,
      minute: settings.sandbox ? Infinity : context.limits.minute * 1_000,
    };
    const host = this.#host();
    this.channel =
      settings.mode === 'FULL' ? new FullChannel(host, settings, context) : new LiteChannel(host, context);
    this.#room = new AvatarRoom({
      name: this.id,
      place: settings.place,
      face: settings.face,
      context,
      onPresence: (identity, present) => this.#notePresence(identity, present),
      onData: () => undefined,
      onLost: (reason) => void this.close(reason),
    });
    this.#rearm();
  }

  get state(): SessionState {
    return this.#state;
  }

  get endReason(): EndReason | undefined {
    if (this.#state.name !== 'closed') return undefined;
    return this.#endReason ?? endReasonOf(this.#state.reason);
  }

  /** Credits of each minute. */
  get price(): number {
    return this.settings.sandbox ? 0 : creditsPerMinute[this.settings.mode];
  }

  /** Pays the first minute and makes the room; the avatar follows in the background. */
  async start(): Promise<void> {
    if (!this.#context.credits.take(this.price)) throw LiveAvatarFailure.of('noCredits');
    this.creditsConsumed += this.price;
    this.#dispatch({ type: 'start', at: now() });
    try {
      await this.#room.make();
    } catch (error) {
      this.#context.logger.error({ err: error, sessionId: this.id }, 'The room could not be made');
      void this.close('media-failed');
      throw LiveAvatarFailure.internal();
    }
    if (this.#state.name === 'connecting') void this.#bringUp();
  }

  touch(): void {
    this.#dispatch({ type: 'activity', at: now() });
  }

  /** What a client gave as its reason to stop. */
  stop(reason?: EndReason): Promise<void> {
    if (this.#state.name !== 'closed') this.#endReason = reason;
    return this.close('stopped');
  }

  stall(kind: 'audio' | 'video' | 'both', on: boolean): void {
    this.#room.stall(kind, on);
  }

  dropSockets(): number {
    return this.channel.dropSockets();
  }

  /** Idempotent. Resolves when the room is deleted. */
  close(reason: CloseReason): Promise<void> {
    this.#dispatch({ type: 'close', at: now(), reason });
    return this.#released ?? Promise.resolve();
  }

  async #bringUp(): Promise<void> {
    try {
      const [media] = await Promise.all([this.#room.bringUp(), this.channel.join(this.#over.signal)]);
      if (!media || this.#over.signal.aborted) return;
      this.#dispatch({ type: 'ready', at: now() });
      this.channel.attach(media);
    } catch (error) {
      if (this.#over.signal.aborted) return;
      this.#context.logger.error({ err: error, sessionId: this.id }, 'The agent could not join its room');
      void this.close('media-failed');
    }
  }

  #host(): ChannelHost {
    return {
      sessionId: this.id,
      onTask: (task) => {
        this.tasks.push(task);
        if (this.tasks.length > bounds.tasksPerSession) this.tasks.shift();
      },
      onPresence: (identity, present) => this.#notePresence(identity, present),
      onActivity: () => this.touch(),
      onSpeaking: (active) => this.#dispatch({ type: active ? 'speech-started' : 'speech-ended', at: now() }),
      onListening: (on) => {
        this.listening = on;
      },
      onStop: () => void this.close('stopped'),
      onLost: () => void this.close('room-lost'),
    };
  }

  #notePresence(identity: string, present: boolean): void {
    if (this.settings.place.kind === 'handed') return;
    if (identity === avatarIdentity || identity === agentIdentity(this.id)) return;
    if (present) this.clientJoined = true;
    this.touch();
  }

  #dispatch(event: SessionEvent): void {
    const before = this.#state;
    this.#state = next(before, event, this.#limits);
    if (this.#state === before) return;
    this.#rearm();
    if (this.#state.name === 'closed') this.#released = this.#release(before.name, this.#state.reason);
  }

  #rearm(): void {
    clearTimeout(this.#dueTimer);
    const due = nextDue(this.#state, this.#limits);
    if (!due) return;
    this.#dueTimer = setTimeout(() => this.#whenDue(), Math.max(0, Math.ceil(due.at - now())));
  }

  #whenDue(): void {
    const due = nextDue(this.#state, this.#limits);
    if (!due || due.at > now()) return this.#rearm();
    switch (due.what) {
      case 'end':
        return this.#dispatch({ type: 'time', at: now() });
      case 'pay':
        return this.#pay();
      case 'limit':
        return this.#reachLimit();
    }
  }

  #pay(): void {
    if (!this.#context.credits.take(this.price)) return void this.close('no-credits');
    this.creditsConsumed += this.price;
    this.#dispatch({ type: 'paid', at: now() });
  }

  #reachLimit(): void {
    const mute = this.#context.switches.values.sessionEnd === 'mute' && this.#state.name === 'connected';
    if (!mute) return void this.close('duration-limit');
    this.channel.mute();
    this.#dispatch({ type: 'muted', at: now() });
  }

  async #release(before: SessionState['name'], reason: CloseReason): Promise<void> {
    clearTimeout(this.#dueTimer);
    this.#over.abort();
    if (before === 'connecting' && reason === 'media-failed') {
      this.#context.credits.giveBack(this.creditsConsumed);
      this.creditsConsumed = 0;
    }
    this.#onClosed(this);
    const quietly = reason === 'dropped' || this.#context.switches.values.sessionEnd === 'untold';
    await this.channel.end(this.endReason ?? endReasonOf(reason), quietly);
    if (before !== 'minted') await this.#room.close(reason);
    await this.channel.close();
    this.#context.logger.info({ sessionId: this.id, reason }, 'LiveAvatar session closed');
  }
}
