import { randomUUID } from 'node:crypto';
import {
  maxTaskTextLength,
  type NewSessionRequest,
  type TaskMode,
  type TaskType,
} from '@avatar-bridge/heygen-client';
import type { AvatarMedia } from '../../avatar/avatar-media.ts';
import { answer } from '../../avatar/responder.ts';
import { SpeechQueue } from '../../avatar/speech-queue.ts';
import type { Task, TaskEnd, TaskOrigin } from '../../avatar/task.ts';
import { bounds } from '../../limits.ts';
import { VendorFailure } from '../http/vendor-failure.ts';
import type { SessionContext } from './session-context.ts';
import { TaskMessages } from './task-messages.ts';

type TextOptions = { type: TaskType; mode: TaskMode; origin: TaskOrigin; receivedAt: number };
/** A task, and how it ends. */
export type Submitted = { task: Task; end: Promise<TaskEnd> };

/**
 * The texts of one session: what was given to the avatar, in what order it is said, and what the room is
 * told.
 */
export class SessionTexts {
  /** Oldest first. */
  readonly tasks: Task[] = [];
  readonly #request: NewSessionRequest;
  readonly #context: SessionContext;
  readonly #speech: SpeechQueue;

  constructor(options: {
    sessionId: string;
    request: NewSessionRequest;
    context: SessionContext;
    tellRoom: (payload: object) => void;
    onSpeaking: (active: boolean) => void;
  }) {
    const { sessionId, request, context, tellRoom, onSpeaking } = options;
    this.#request = request;
    this.#context = context;
    this.#speech = new SpeechQueue({
      report: ({ taskId }) =>
        new TaskMessages({
          taskId,
          switches: context.switches.values,
          plan: context.faults.takeForTask(sessionId),
          send: tellRoom,
        }),
      answer: (text) => answer(text, this.#prompt()),
      onSpeaking,
      logger: context.logger,
    });
  }

  /** What the knowledge base says first. */
  get opening(): string | undefined {
    return this.#knowledgeBase()?.opening;
  }

  attach(media: AvatarMedia): void {
    this.#speech.attach(media);
  }

  /** Throws the vendor's error for a text that it would not take. */
  mustBeTaken(text: string): void {
    if (text.trim() === '') throw VendorFailure.invalid('text must not be empty');
    if (text.length > maxTaskTextLength)
      throw VendorFailure.invalid(`text must have at most ${maxTaskTextLength} characters`);
    if (this.#speech.waiting >= bounds.waitingTasks)
      throw VendorFailure.invalid(`${bounds.waitingTasks} tasks are waiting already`);
  }

  say(text: string, { type, mode, origin, receivedAt }: TextOptions): Submitted {
    const task: Task = { taskId: randomUUID(), text, taskType: type, taskMode: mode, origin, receivedAt };
    this.keep(task);
    return { task, end: this.#speech.say(task) };
  }

  keep(task: Task): void {
    this.tasks.push(task);
    if (this.tasks.length > bounds.tasksPerSession) this.tasks.shift();
  }

  interrupt(): void {
    this.#speech.interrupt();
  }

  close(): void {
    this.#speech.close();
  }

  #knowledgeBase(): { opening?: string; prompt?: string } | undefined {
    const id = this.#request.knowledge_base_id;
    return id ? this.#context.knowledgeBases.get(id) : undefined;
  }

  #prompt(): string {
    return this.#request.knowledge_base ?? this.#knowledgeBase()?.prompt ?? '';
  }
}
