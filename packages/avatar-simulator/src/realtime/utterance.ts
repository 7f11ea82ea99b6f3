import { randomUUID } from 'node:crypto';
import type { AvatarMedia, VoiceUnderWay } from '../avatar/avatar-media.ts';
import type { Task } from '../avatar/task.ts';
import type { EventPlan } from '../faults/faults.ts';

/** s16 mono. */
const samplesPerMs = 24;

/** The sound between two utterance boundaries: what is said at once. */
export class Utterance {
  readonly task: Task;
  readonly plan: EventPlan;
  readonly #waiting: Int16Array[] = [];
  #voice: VoiceUnderWay | undefined;
  #ended = false;

  constructor(options: { eventId?: string; receivedAt: number; plan: EventPlan }) {
    const { eventId, receivedAt, plan } = options;
    this.plan = plan;
    this.task = {
      taskId: randomUUID(),
      text: '',
      taskType: 'voice',
      taskMode: 'async',
      origin: 'socket',
      receivedAt,
      ...(eventId !== undefined && { eventId }),
      receivedMs: 0,
    };
  }

  get ended(): boolean {
    return this.#ended;
  }

  get begun(): boolean {
    return this.#voice !== undefined;
  }

  append(pcm: Int16Array): void {
    this.task.receivedMs = Math.round((this.task.receivedMs ?? 0) + pcm.length / samplesPerMs);
    if (this.#voice) this.#voice.append(pcm);
    else this.#waiting.push(pcm);
  }

  end(): void {
    this.#ended = true;
    this.#voice?.end();
  }

  /** Lets the avatar say what there is, and what will come. */
  begin(media: AvatarMedia, onDry: (dry: boolean) => void): VoiceUnderWay {
    const voice = (this.#voice = media.speakVoice(onDry));
    for (const pcm of this.#waiting.splice(0)) voice.append(pcm);
    if (this.#ended) voice.end();
    return voice;
  }
}
