import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlMessage, type EndReason } from '@avatar-bridge/heygen-client/liveavatar';
import type { AvatarMedia } from '../../avatar/avatar-media.ts';
import { answer } from '../../avatar/responder.ts';
import { SpeechQueue } from '../../avatar/speech-queue.ts';
import type { Task, TaskOrigin } from '../../avatar/task.ts';
import { now } from '../../clock.ts';
import { bounds } from '../../limits.ts';
import type { LiveAvatarContext } from '../liveavatar-context.ts';
import { FullAgent } from './full-agent.ts';
import { FullReport, type FullEvent } from './full-report.ts';
import type { ChannelHost, ModeChannel } from './mode-channel.ts';
import type { SessionSettings } from './session-settings.ts';
import { Transcript } from './transcript.ts';

/** ms that the last event gets to arrive before the room goes. */
const deliveryMs = 400;

/** FULL mode: commands and events as data of the session's own room, spoken with the vendor's voice. */
export class FullChannel implements ModeChannel {
  readonly transcript = new Transcript();
  readonly #host: ChannelHost;
  readonly #context: LiveAvatarContext;
  readonly #settings: SessionSettings;
  readonly #agent: FullAgent;
  readonly #speech: SpeechQueue;
  /** The newest command to speak: later events go on naming it. */
  #latestCommandId: string | null = null;
  #ready = false;
  #muted = false;
  #talking = false;

  constructor(host: ChannelHost, settings: SessionSettings, context: LiveAvatarContext) {
    this.#host = host;
    this.#settings = settings;
    this.#context = context;
    this.#agent = new FullAgent({
      sessionId: host.sessionId,
      rooms: context.rooms,
      onCommand: (payload) => this.#receive(payload),
      onPresence: (identity, present) => host.onPresence(identity, present),
      onLost: () => host.onLost(),
      logger: context.logger,
    });
    this.#speech = new SpeechQueue({
      report: (task) => this.#reportOn(task),
      answer: (text) => answer(text, this.#prompt()),
      onSpeaking: (active) => host.onSpeaking(active),
      logger: context.logger,
    });
  }

  /** From now on commands are taken; they are said when the avatar is up, too. The greeting is the first. */
  async join(signal: AbortSignal): Promise<void> {
    await this.#agent.join(signal);
    this.#ready = true;
    const opening = this.#knownContext()?.opening_text?.trim();
    if (opening) this.#say(withVariables(opening, this.#settings.dynamicVariables), 'repeat', 'opening');
  }

  attach(media: AvatarMedia): void {
    this.#speech.attach(media);
  }

  /**
   * A user's speech, as the vendor would have heard it. Without a context it is written down, not answered.
   */
  userSays(text: string): void {
    void this.#tell({ event_type: 'user.speak_started' });
    void this.#tell({ event_type: 'user.speak_ended' });
    if (this.#knownContext()) this.#say(text, 'talk', 'user');
    else this.#userSaid(text);
  }

  mute(): void {
    this.#muted = true;
    this.#speech.interrupt();
  }

  async end(reason: EndReason, quietly: boolean): Promise<void> {
    const wasReady = this.#ready;
    this.#speech.close();
    this.#ready = false;
    if (quietly || !wasReady) return;
    const { stoppedReasonKey } = this.#context.switches.values;
    await this.#tell({ event_type: 'session.stopped', [stoppedReasonKey]: reason });
    // Always: LiveKit tells of participants that publish nothing up to 3 s late, so the agent may not know of
    // a client.
    await sleep(deliveryMs);
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  dropSockets(): number {
    return 0;
  }

  #receive(payload: string): void {
    const command = readCommand(payload);
    if (!command || !this.#ready || this.#muted) return;
    this.#host.onActivity();
    this.#obey(command);
  }

  #obey(command: ControlMessage): void {
    const { switches } = this.#context;
    const restricted = !this.#knownContext();
    switch (command.event_type) {
      case 'avatar.speak_text':
        if (restricted && switches.values.restrictedMode === 'silent') return undefined;
        return this.#speak(command.text, 'repeat', command.event_id);
      case 'avatar.speak_response':
        return restricted ? undefined : this.#speak(command.text, 'talk', command.event_id);
      case 'avatar.interrupt':
        return this.#speech.interrupt();
      case 'avatar.start_listening':
      case 'avatar.stop_listening':
        return this.#host.onListening(command.event_type === 'avatar.start_listening');
      case 'user.start_push_to_talk':
      case 'user.stop_push_to_talk':
        return this.#pushToTalk(command.event_type === 'user.start_push_to_talk');
      case 'session.update':
        return void this.#tell({ event_type: 'session.updated' });
      case 'session.stop':
        return this.#host.onStop();
    }
  }

  #speak(text: string, type: 'repeat' | 'talk', eventId?: string): void {
    const said = text.trim();
    if (said === '' || said.length > bounds.textLength) return;
    if (this.#speech.waiting >= bounds.waitingTasks) return;
    if (this.#context.switches.values.speakTextQueueing === 'override') this.#speech.interrupt();
    this.#latestCommandId = eventId ?? null;
    this.#say(said, type, 'room', eventId);
  }

  #pushToTalk(start: boolean): void {
    const possible = this.#settings.pushToTalk && this.#talking !== start;
    if (possible) this.#talking = start;
    const outcome = start
      ? (['user.push_to_talk_started', 'user.push_to_talk_start_failed'] as const)
      : (['user.push_to_talk_stopped', 'user.push_to_talk_stop_failed'] as const);
    void this.#tell({ event_type: outcome[possible ? 0 : 1] });
  }

  #say(text: string, taskType: 'repeat' | 'talk', origin: TaskOrigin, eventId?: string): void {
    const task: Task = {
      taskId: randomUUID(),
      text,
      taskType,
      taskMode: 'async',
      origin,
      receivedAt: now(),
      ...(eventId !== undefined && { eventId }),
    };
    this.#host.onTask(task);
    void this.#speech.say(task);
  }

  #reportOn(task: Task): FullReport {
    const source = task.eventId ?? this.#latestCommandId;
    return new FullReport({
      switches: this.#context.switches.values,
      plan: this.#context.faults.takeForTask(this.#host.sessionId),
      send: (event) => void this.#tell(event, source),
      onUserSaid: (text) => {
        if (task.origin === 'user') this.#userSaid(text);
      },
      onAvatarSaid: (text) => this.transcript.add('avatar', text),
    });
  }

  #userSaid(text: string): void {
    this.transcript.add('user', text);
    void this.#tell({ event_type: 'user.transcription', text });
  }

  #tell(event: FullEvent, source: string | null = this.#latestCommandId): Promise<void> {
    if (this.#muted) return Promise.resolve();
    const { event_type: type, ...payload } = event;
    return this.#agent.send({
      event_id: randomUUID(),
      event_type: type,
      session_id: this.#host.sessionId,
      source_event_id: source,
      ...payload,
    });
  }

  /** Nothing answers without a context: the vendor's restricted mode. */
  #knownContext(): { prompt?: string; opening_text?: string } | undefined {
    const { contextId, voiceAgent } = this.#settings;
    if (voiceAgent) return {};
    return contextId === undefined ? undefined : this.#context.contexts.get(contextId);
  }

  #prompt(): string {
    return withVariables(this.#knownContext()?.prompt ?? '', this.#settings.dynamicVariables);
  }
}

function readCommand(payload: string): ControlMessage | undefined {
  try {
    return ControlMessage.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}

/** `${name}` stands for a dynamic variable. */
function withVariables(text: string, variables: Record<string, string>): string {
  return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => variables[name] ?? whole);
}
