import type { Logger } from '@avatar-bridge/livekit-rtp';
import type { AvatarMedia, SpeechUnderWay } from './avatar-media.ts';
import { now } from '../clock.ts';
import type { Task, TaskEnd } from './task.ts';

/** Who is told how a task goes. */
export interface SpeechReport {
  /** What the user is taken to have said; before a task is answered. */
  user(text: string): void;
  started(text: string, speech: SpeechUnderWay): void;
  stopped(durationMs: number, interrupted: boolean): void;
}

type SpeechQueueOptions = {
  report: (task: Task) => SpeechReport;
  /** The answer to a text that isn't repeated. */
  answer: (text: string) => string;
  onSpeaking: (active: boolean) => void;
  logger: Logger;
};

type Waiting = { task: Task; end: (end: TaskEnd) => void };

/** What one avatar has to say: one task at a time, in order, silent until media is attached. */
export class SpeechQueue {
  readonly #options: SpeechQueueOptions;
  readonly #waiting: Waiting[] = [];
  #media: AvatarMedia | undefined;
  #current: { silence: () => void } | undefined;
  #closed = false;

  constructor(options: SpeechQueueOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  attach(media: AvatarMedia): void {
    this.#media = media;
    this.#speakNext();
  }

  /** Resolves at the task's end, however it ends. */
  say(task: Task): Promise<TaskEnd> {
    if (this.#closed) return Promise.resolve({ outcome: 'closed', durationMs: 0 });
    const { promise, resolve } = Promise.withResolvers<TaskEnd>();
    this.#waiting.push({ task, end: resolve });
    this.#speakNext();
    return promise;
  }

  /** Silences the avatar and forgets what waits. Nothing happens when it is silent. */
  interrupt(): void {
    this.#clear('cleared');
    this.#current?.silence();
  }

  close(): void {
    this.#closed = true;
    this.#clear('closed');
    this.#current?.silence();
    this.#media = undefined;
  }

  #clear(outcome: 'cleared' | 'closed'): void {
    for (const { task, end } of this.#waiting.splice(0)) {
      task.interruptedAt = now();
      end({ outcome, durationMs: 0 });
    }
  }

  #speakNext(): void {
    if (this.#current || !this.#media) return;
    const next = this.#waiting.shift();
    if (!next) return;
    const media = this.#media;
    const cancel = new AbortController();
    this.#current = {
      silence: () => {
        cancel.abort();
        media.interrupt();
      },
    };
    void this.#finish(next, this.#speak(media, next.task, cancel.signal));
  }

  async #finish({ end }: Waiting, speaking: Promise<TaskEnd>): Promise<void> {
    const spoken = await speaking;
    this.#current = undefined;
    end(this.#closed ? { ...spoken, outcome: 'closed' } : spoken);
    this.#speakNext();
  }

  async #speak(media: AvatarMedia, task: Task, signal: AbortSignal): Promise<TaskEnd> {
    const report = this.#options.report(task);
    const text = task.taskType === 'repeat' ? task.text : this.#options.answer(task.text);
    task.spokenText = text;
    if (task.taskType !== 'repeat') report.user(task.text);
    let speech: SpeechUnderWay;
    try {
      speech = await media.speak(text, { signal });
    } catch (error) {
      if (!signal.aborted)
        this.#options.logger.error({ err: error, taskId: task.taskId }, 'A text could not be spoken');
      task.interruptedAt = now();
      return { outcome: signal.aborted ? 'interrupted' : 'failed', durationMs: 0 };
    }
    task.startedAt = speech.startedAt;
    this.#options.onSpeaking(true);
    report.started(text, speech);
    if (signal.aborted) media.interrupt();
    const interrupted = (await speech.finished) === 'interrupted';
    const stoppedAt = now();
    task.stoppedAt = stoppedAt;
    if (interrupted) task.interruptedAt = stoppedAt;
    const durationMs = interrupted
      ? Math.max(0, Math.round(stoppedAt - speech.startedAt))
      : speech.durationMs;
    report.stopped(durationMs, interrupted);
    this.#options.onSpeaking(false);
    return { outcome: interrupted ? 'interrupted' : 'spoken', durationMs };
  }
}
