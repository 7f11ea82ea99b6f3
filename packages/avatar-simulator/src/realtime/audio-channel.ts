import type { Logger } from '@avatar-bridge/livekit-rtp';
import type { AvatarMedia, VoiceUnderWay } from '../avatar/avatar-media.ts';
import type { Task } from '../avatar/task.ts';
import { now } from '../clock.ts';
import type { EventPlan } from '../faults/faults.ts';
import { bounds } from '../limits.ts';
import type { SwitchValues } from '../switches.ts';
import type { JsonSocket } from '../http/json-socket.ts';
import { AudioMessages, type AudioMessage, type ConnectionState } from './audio-messages.ts';
import { readCommand, type AudioCommand } from './audio-command.ts';
import { Utterance } from './utterance.ts';

/** ms without sound in the middle of an utterance after which the vendor complains. */
const starvesAfterMs = 500;

type AudioChannelOptions = {
  switches: () => SwitchValues;
  plan: () => EventPlan;
  onTask: (task: Task) => void;
  onActivity: () => void;
  onSpeaking: (active: boolean) => void;
  onListening: (on: boolean) => void;
  logger: Logger;
};

/**
 * The sound that clients bring over sockets, and what they are told about it: LiveAvatar's LITE mode, and the
 * `realtime_endpoint` of v1. Utterances end by speak_end or interrupt, whatever their ids; they are said in
 * order.
 */
export class AudioChannel {
  readonly #options: AudioChannelOptions;
  readonly #sockets = new Set<JsonSocket>();
  readonly #messages: AudioMessages;
  /** The first is being said, or is about to be. */
  #utterances: Utterance[] = [];
  /** Takes the next sound. */
  #open: Utterance | undefined;
  #media: AvatarMedia | undefined;
  #connection: ConnectionState = 'connecting';
  #muted = false;
  #starving: NodeJS.Timeout | undefined;
  #listening = false;

  constructor(options: AudioChannelOptions) {
    this.#options = options;
    this.#messages = new AudioMessages(options.switches);
  }

  get sockets(): number {
    return this.#sockets.size;
  }

  addSocket(socket: JsonSocket): void {
    if (this.#connection === 'closed') return socket.close(1008, 'session closed');
    this.#sockets.add(socket);
    for (const payload of this.#messages.sessionState(this.#connection)) socket.send(payload);
  }

  removeSocket(socket: JsonSocket): void {
    this.#sockets.delete(socket);
  }

  dropSockets(): number {
    const sockets = [...this.#sockets];
    for (const socket of sockets) socket.close(1011, 'dropped');
    return sockets.length;
  }

  /** The avatar is up: commands are taken from now on. */
  attach(media: AvatarMedia): void {
    this.#media = media;
    this.#connect('connected');
  }

  /** A message of a socket. Before the avatar is up it is dropped without a word, as the vendor does. */
  receive(text: string): void {
    if (this.#connection !== 'connected' || this.#muted) return;
    const command = readCommand(text);
    if (command.type !== 'invalid') this.#options.onActivity();
    this.#obey(command);
  }

  /** Forgets all sound; what is being said ends at once. */
  interrupt(): void {
    clearTimeout(this.#starving);
    this.#open = undefined;
    const [current, ...rest] = this.#utterances;
    const forgotten = current && !current.begun ? [current, ...rest] : rest;
    for (const { task } of forgotten) task.interruptedAt = now();
    this.#utterances = current?.begun ? [current] : [];
    if (current?.begun) this.#media?.interrupt();
  }

  /** Tells the sockets something out of turn. */
  announce(message: AudioMessage): void {
    this.#tell([message]);
  }

  /** From now on nothing is said and nothing is told. */
  mute(): void {
    this.#muted = true;
    this.interrupt();
  }

  /** Tells that it is over, unless `quietly`, and closes the sockets. */
  close(quietly: boolean): void {
    clearTimeout(this.#starving);
    if (!quietly) this.#connect('closing');
    this.interrupt();
    if (!quietly) this.#connect('closed');
    this.#connection = 'closed';
    for (const socket of this.#sockets) socket.close(1000, 'session closed');
    this.#sockets.clear();
  }

  #obey(command: AudioCommand): void {
    switch (command.type) {
      case 'speak':
        return this.#speak(command.pcm, command.eventId);
      case 'speak-end':
        if (command.pcm) this.#speak(command.pcm, command.eventId);
        return this.#endUtterance(command.eventId);
      case 'interrupt':
        return this.#obeyInterrupt(command.eventId);
      case 'listen':
        this.#listening = command.on;
        this.#options.onListening(command.on);
        return this.#tell(this.#messages.listening(command.on));
      case 'none':
        return undefined;
      case 'invalid':
        return this.#tell(this.#messages.error('invalid_request_error', command.reason, command.eventId));
    }
  }

  #speak(pcm: Int16Array, eventId?: string): void {
    const waiting = this.#utterances.reduce((sum, { task }) => sum + (task.receivedMs ?? 0), 0);
    if (waiting > bounds.soundMs) {
      const reason = `more than ${bounds.soundMs / 1000} s of audio are waiting already`;
      return this.#tell(this.#messages.error('invalid_request_error', reason, eventId));
    }
    const utterance = (this.#open ??= this.#newUtterance(eventId));
    utterance.append(pcm);
    this.#tell(this.#messages.buffer('appended', utterance.task.taskId, eventId));
    this.#sayNext();
  }

  #newUtterance(eventId?: string): Utterance {
    const utterance = new Utterance({
      receivedAt: now(),
      plan: this.#options.plan(),
      ...(eventId !== undefined && { eventId }),
    });
    this.#utterances.push(utterance);
    this.#options.onTask(utterance.task);
    return utterance;
  }

  #endUtterance(eventId?: string): void {
    const utterance = this.#open;
    this.#open = undefined;
    clearTimeout(this.#starving);
    utterance?.end();
    this.#tell(this.#messages.buffer('committed', utterance?.task.taskId, eventId));
  }

  #obeyInterrupt(eventId?: string): void {
    const current = this.#utterances[0];
    this.#tell(this.#messages.buffer('cleared', current?.task.taskId, eventId));
    this.interrupt();
  }

  #sayNext(): void {
    const utterance = this.#utterances[0];
    if (!utterance || utterance.begun || !this.#media) return;
    let voice: VoiceUnderWay;
    try {
      voice = utterance.begin(this.#media, (dry) => this.#noteDry(utterance, dry));
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'The avatar could not take a voice');
      this.#utterances.shift();
      this.#tell(this.#messages.error('server_error', 'the avatar is busy', utterance.task.eventId));
      return;
    }
    void voice.started.then(({ startedAt }) => this.#started(utterance, voice, startedAt));
    void voice.finished.then((how) => this.#finished(utterance, voice, how));
  }

  #started({ task, plan }: Utterance, voice: VoiceUnderWay, startedAt: number): void {
    if (voice.playedMs() === 0) return;
    task.startedAt = startedAt;
    this.#options.onSpeaking(true);
    this.#tell(this.#messages.started(task, plan));
  }

  #finished(utterance: Utterance, voice: VoiceUnderWay, how: 'ended' | 'interrupted'): void {
    const { task, plan } = utterance;
    clearTimeout(this.#starving);
    task.stoppedAt = now();
    task.playedMs = voice.playedMs();
    if (how === 'interrupted') task.interruptedAt = task.stoppedAt;
    if (this.#open === utterance) this.#open = undefined;
    this.#utterances = this.#utterances.filter((one) => one !== utterance);
    if (task.startedAt !== undefined) {
      this.#options.onSpeaking(false);
      const rest = this.#listening ? 'listening' : 'idle';
      this.#tell(
        how === 'ended'
          ? this.#messages.ended(task, plan, rest)
          : this.#messages.interrupted(task, plan, rest),
      );
    }
    this.#sayNext();
  }

  #noteDry(utterance: Utterance, dry: boolean): void {
    clearTimeout(this.#starving);
    if (!dry) return this.#tell(this.#messages.talking());
    if (utterance.ended) return undefined;
    this.#starving = setTimeout(() => {
      const reason = 'audio comes too slowly to be rendered';
      this.#tell(this.#messages.error('video_starvation', reason, utterance.task.eventId));
      this.#tell(this.#messages.resting(this.#listening ? 'listening' : 'idle'));
    }, starvesAfterMs);
  }

  #connect(state: ConnectionState): void {
    this.#connection = state;
    this.#tell(this.#messages.sessionState(state));
  }

  #tell(payloads: AudioMessage[]): void {
    if (this.#muted) return;
    for (const socket of this.#sockets) for (const payload of payloads) socket.send(payload);
  }
}
