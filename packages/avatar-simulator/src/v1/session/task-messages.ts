import type { RoomMessage } from '@avatar-bridge/heygen-client';
import type { EventPlan } from '../../faults/faults.ts';
import type { SwitchValues } from '../../switches.ts';
import type { SpeechUnderWay } from '../../avatar/avatar-media.ts';
import type { SpeechReport } from '../../avatar/speech-queue.ts';
import { piecesOf } from '../../avatar/text-pieces.ts';

type TaskMessagesOptions = {
  taskId: string;
  switches: SwitchValues;
  plan: EventPlan;
  send: (payload: object) => void;
};

/**
 * The room messages about one task, in the order seen at the vendor: user's words, first words, start,
 * further words as they are said, stop, end. Applies the switches and the faults of that task.
 */
export class TaskMessages implements SpeechReport {
  readonly #options: TaskMessagesOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  #unsaid: string[] = [];
  #heldBack: object | undefined;
  #textEnded = false;

  constructor(options: TaskMessagesOptions) {
    this.#options = options;
  }

  /** What the user is taken to have said. */
  user(text: string): void {
    this.#emit({ type: 'user_talking_message', task_id: this.#options.taskId, message: text });
    this.#emit({ type: 'user_end_message', task_id: this.#options.taskId });
  }

  started(text: string, speech: SpeechUnderWay): void {
    const chunks =
      this.#options.switches.talkingMessages === 'whole'
        ? [{ text, atMs: 0 }]
        : piecesOf(text, speech.segments);
    this.#unsaid = chunks.map((chunk) => chunk.text);
    this.#sayNext();
    this.#emit({ type: 'avatar_start_talking', task_id: this.#options.taskId });
    for (const chunk of chunks.slice(1)) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#sayNext();
      }, chunk.atMs);
      this.#timers.add(timer);
    }
  }

  stopped(durationMs: number, interrupted: boolean): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    if (interrupted) this.#unsaid = [];
    while (this.#unsaid.length > 0) this.#sayNext();
    const duration = this.#options.switches.stopMessageDuration === 'present' && { duration_ms: durationMs };
    this.#emit({ type: 'avatar_stop_talking', task_id: this.#options.taskId, ...duration });
    if (this.#heldBack) this.#options.send(this.#heldBack);
    if (!this.#textEnded) this.#endText();
  }

  #sayNext(): void {
    const message = this.#unsaid.shift();
    if (message === undefined) return;
    this.#emit({ type: 'avatar_talking_message', task_id: this.#options.taskId, message });
    if (this.#unsaid.length === 0 && this.#options.switches.endMessage === 'with-text') this.#endText();
  }

  #endText(): void {
    this.#textEnded = true;
    this.#emit({ type: 'avatar_end_message', task_id: this.#options.taskId });
  }

  #emit(message: RoomMessage): void {
    const { plan, switches, send } = this.#options;
    if (plan.lose.has(message.type)) return;
    const { type, ...rest } = message;
    const payload = { [switches.roomEventKey]: type, ...rest };
    if (plan.disorder && type === 'avatar_start_talking') this.#heldBack = payload;
    else send(payload);
  }
}
