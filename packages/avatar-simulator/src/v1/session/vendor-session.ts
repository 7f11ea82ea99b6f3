import { randomUUID } from 'node:crypto';
import {
  maxTaskTextLength,
  pushToTalkStart,
  pushToTalkStop,
  type NewSessionRequest,
  type SocketEvent,
  type TaskMode,
  type TaskType,
} from '@avatar-bridge/heygen-client';
import type { AvatarMedia } from '../../avatar/avatar-media.ts';
import { AvatarRoom } from '../../avatar/avatar-room.ts';
import type { CloseReason } from '../../avatar/close-reason.ts';
import { clientIdentity } from '../../avatar/rooms.ts';
import type { Task, TaskOrigin } from '../../avatar/task.ts';
import { now } from '../../clock.ts';
import type { JsonSocket } from '../../http/json-socket.ts';
import { bounds } from '../../limits.ts';
import { AudioChannel } from '../../realtime/audio-channel.ts';
import { resolveAvatar } from '../catalogue.ts';
import { VendorFailure } from '../http/vendor-failure.ts';
import { ChatSockets } from './chat-sockets.ts';
import { faceOf } from './face-of.ts';
import { readRoomText } from './room-text.ts';
import type { SessionContext } from './session-context.ts';
import {
  deadline,
  next,
  opened,
  sessionLimits,
  type SessionEvent,
  type SessionLimits,
  type SessionState,
} from './session-state.ts';
import { SessionTexts, type Submitted } from './session-texts.ts';
import { SilenceWatch } from './silence-watch.ts';

/** One session at the double: its state, its avatar, what the avatar has to say, and who listens. */
export class VendorSession {
  readonly id = randomUUID();
  readonly request: NewSessionRequest;
  /** Whether the API key opened it, not a session token. */
  readonly openedWithKey: boolean;
  readonly #context: SessionContext;
  readonly #limits: SessionLimits;
  readonly #texts: SessionTexts;
  readonly #silence: SilenceWatch;
  readonly #sockets: ChatSockets;
  readonly #room: AvatarRoom;
  /** The sound of `realtime_endpoint`. */
  readonly audio: AudioChannel;
  readonly #onClosed: (session: VendorSession) => void;
  #state: SessionState = opened(now());
  #deadlineTimer: NodeJS.Timeout | undefined;
  #openings: string[] = [];
  #released: Promise<void> | undefined;
  listening = false;

  constructor(options: {
    request: NewSessionRequest;
    openedWithKey: boolean;
    context: SessionContext;
    onClosed: (session: VendorSession) => void;
  }) {
    const { request, context } = options;
    this.request = request;
    this.openedWithKey = options.openedWithKey;
    this.#context = context;
    this.#onClosed = options.onClosed;
    this.#limits = sessionLimits(context.limits, request);
    this.#sockets = new ChatSockets(context.switches);
    this.#texts = new SessionTexts({
      sessionId: this.id,
      request,
      context,
      tellRoom: (payload) => this.#room.tell(payload),
      onSpeaking: (active) => this.#noteSpeaking(active),
    });
    this.#room = new AvatarRoom({
      name: this.id,
      place: { kind: 'own' },
      face: faceOf(request),
      context,
      onPresence: (identity, present) => {
        if (present && identity === clientIdentity) this.#dispatch({ type: 'client-joined', at: now() });
      },
      onData: (data) => {
        const text = readRoomText(data);
        if (text !== undefined) this.#roomText(text);
      },
      onLost: (reason) => void this.close(reason),
    });
    this.audio = new AudioChannel({
      switches: () => context.switches.values,
      plan: () => context.faults.takeForTask(this.id),
      onTask: (task) => this.#texts.keep(task),
      onActivity: () => this.touch(now()),
      onSpeaking: (active) => this.#noteSpeaking(active),
      onListening: (on) => {
        this.listening = on;
      },
      logger: context.logger,
    });
    this.#silence = new SilenceWatch(context.limits.silenceAfter * 1_000, (times) => this.#userSilent(times));
    if (this.#texts.opening) this.#openings.push(this.#texts.opening);
    this.#rearm();
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Oldest first. */
  get tasks(): Task[] {
    return this.#texts.tasks;
  }

  get avatarId(): string {
    return resolveAvatar(this.request.avatar_id || this.request.avatar_name || 'default');
  }

  /** Makes the room; the avatar follows in the background. */
  async start(): Promise<void> {
    if (this.#state.name !== 'new') throw VendorFailure.of('wrongState');
    this.#dispatch({ type: 'start', at: now() });
    try {
      await this.#room.make();
    } catch (error) {
      this.#context.logger.error({ err: error, sessionId: this.id }, 'The room could not be made');
      void this.close('media-failed');
      throw new VendorFailure({ status: 500, message: 'Internal server error' });
    }
    if (this.state.name !== 'connecting') throw VendorFailure.of('wrongState');
    void this.#room.bringUp().then((media) => media && this.#connected(media));
  }

  /** Takes a text; `end` resolves when it was spoken, or never will be. */
  submit(
    text: string,
    options: { type: TaskType; mode: TaskMode; origin: TaskOrigin; receivedAt: number },
  ): Submitted {
    if (this.#state.name !== 'connected') throw VendorFailure.of('wrongState');
    this.#texts.mustBeTaken(text);
    if (this.#context.switches.values.taskQueueing === 'override') this.#texts.interrupt();
    this.touch(options.receivedAt);
    this.#silence.heard();
    return this.#texts.say(text, options);
  }

  /** Silences the avatar and clears what waits; nothing happens when it is silent. */
  interrupt(): void {
    this.#mustBeStarted();
    this.#texts.interrupt();
    this.audio.interrupt();
    this.touch(now());
  }

  keepAlive(): void {
    this.#mustBeOpen();
    this.touch(now());
  }

  listen(on: boolean): void {
    this.#mustBeStarted();
    this.listening = on;
    this.touch(now());
  }

  touch(at: number): void {
    this.#dispatch({ type: 'activity', at });
  }

  tellSockets(event: SocketEvent): void {
    if (event.event_type !== 'user_silence') this.#silence.heard();
    this.#sockets.tell(event);
  }

  addSocket(socket: JsonSocket, options: { silenceResponse: boolean; openingText?: string }): void {
    this.#mustBeOpen();
    this.#sockets.add(socket);
    this.touch(now());
    if (options.silenceResponse) this.#silence.start();
    if (options.openingText) this.#open(options.openingText);
  }

  removeSocket(socket: JsonSocket): void {
    this.#sockets.remove(socket);
  }

  dropSockets(): number {
    return this.#sockets.close(1011, 'dropped') + this.audio.dropSockets();
  }

  stall(kind: 'audio' | 'video' | 'both', on: boolean): void {
    this.#room.stall(kind, on);
  }

  /** Idempotent. Resolves when the room is deleted. */
  close(reason: CloseReason): Promise<void> {
    this.#dispatch({ type: 'close', at: now(), reason });
    return this.#released ?? Promise.resolve();
  }

  #connected(media: AvatarMedia): void {
    this.#dispatch({ type: 'tracks-up', at: now() });
    this.#texts.attach(media);
    this.audio.attach(media);
    if (this.request.silence_response) this.#silence.start();
    for (const opening of this.#openings.splice(0)) this.#open(opening);
  }

  #mustBeOpen(): void {
    if (this.#state.name === 'closed') throw VendorFailure.of('wrongState');
  }

  #mustBeStarted(): void {
    this.#mustBeOpen();
    if (this.#state.name === 'new') throw VendorFailure.of('wrongState');
  }

  #dispatch(event: SessionEvent): void {
    const before = this.#state;
    this.#state = next(before, event, this.#limits);
    if (this.#state === before) return;
    this.#rearm();
    if (this.#state.name === 'closed') this.#released = this.#release(this.#state.reason);
  }

  #rearm(): void {
    clearTimeout(this.#deadlineTimer);
    const due = deadline(this.#state, this.#limits);
    if (!due) return;
    const wait = Math.max(0, Math.ceil(due.at - now()));
    this.#deadlineTimer = setTimeout(() => {
      this.#dispatch({ type: 'time', at: now() });
      if (this.#state.name !== 'closed') this.#rearm();
    }, wait);
  }

  async #release(reason: CloseReason): Promise<void> {
    this.#silence.stop();
    this.#texts.close();
    this.audio.close(reason === 'dropped');
    this.#onClosed(this);
    await this.#room.close(reason);
    this.#sockets.close(1000, 'session closed');
    this.#context.logger.info({ sessionId: this.id, reason }, 'Vendor session closed');
  }

  /** A text or command that the client sent into the room. */
  #roomText(text: string): void {
    if (text === pushToTalkStart) return this.tellSockets({ event_type: 'user_start' });
    if (text === pushToTalkStop) return this.tellSockets({ event_type: 'user_stop' });
    this.hear(text, 'room');
  }

  /**
   * A text that came without a request to answer: taken as a talk task, or dropped as the vendor drops it.
   */
  hear(text: string, origin: 'socket' | 'room'): void {
    try {
      void this.submit(text, { type: 'talk', mode: 'async', origin, receivedAt: now() });
    } catch (error) {
      if (!(error instanceof VendorFailure)) throw error;
      this.#context.logger.debug({ sessionId: this.id, origin }, 'A text was dropped');
    }
  }

  #userSilent(times: number): void {
    const idleAt =
      this.#limits.idle === undefined || this.#state.name === 'closed'
        ? undefined
        : this.#state.lastActivityAt + this.#limits.idle;
    const countDown = idleAt === undefined ? 0 : Math.max(0, Math.round((idleAt - now()) / 1_000));
    this.tellSockets({ event_type: 'user_silence', silence_times: times, count_down: countDown });
    if (this.#state.name === 'connected') this.#sayByItself('Are you still there?', 'silence');
  }

  #open(text: string): void {
    if (this.#state.name !== 'connected') {
      if (this.#openings.length < bounds.socketsPerSession) this.#openings.push(text);
      return;
    }
    const said = text.slice(0, maxTaskTextLength).trim();
    if (said) this.#sayByItself(said, 'opening');
  }

  #sayByItself(text: string, origin: 'silence' | 'opening'): void {
    this.#texts.say(text, { type: 'repeat', mode: 'async', origin, receivedAt: now() });
  }

  #noteSpeaking(active: boolean): void {
    this.#dispatch({ type: active ? 'speech-started' : 'speech-ended', at: now() });
    this.#silence.speaking(active);
  }
}
