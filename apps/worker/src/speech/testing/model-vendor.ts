import type { Delivery } from '../delivery.ts';
import type { Overheard, Voice } from '../evidence.ts';
import type { Piece } from '../speech.ts';
import type { Attempt } from '../submission.ts';
import type { Line } from '../vendor-line.ts';

/** How a vendor treats one text that it is given. */
export type Treatment = {
  /** ms until it has the text, and as long again until it answers. */
  latency: number;
  /** `mute`: takes it without an answer. `deaf`: does neither. */
  fate: 'taken' | 'mute' | 'deaf' | 'refused';
  losesStart: boolean;
  losesEnd: boolean;
  /** How long it takes to say it, in parts of what is expected. */
  pace: number;
};

type Task = { id: string; piece: Piece; readyAt: number; treatment: Treatment };

/** ms from having a text to its first word, and from an interrupt to silence. */
const startMs = 300;
const interruptMs = 50;
/** ms until its server tells a new listener that somebody is speaking. */
const noticeMs = 400;

/**
 * A vendor session as it may behave, in time that is told by tick(). It speaks in order, and its server tells
 * its voice.
 */
export class ModelVendor implements Line {
  /** What it said to its end, in order. */
  readonly said: { piece: Piece; at: number }[] = [];
  readonly #treat: () => Treatment;
  #time: number;
  #delivery: Delivery | undefined;
  #tasks: Task[] = [];
  #speaking: (Task & { until: number }) | undefined;
  #due: { at: number; act: () => void }[] = [];
  #count = 0;
  /** The newest stretch of its voice. */
  #voice: Voice | undefined;
  /** Texts whose answers are still to come. */
  readonly pending = new Set<Attempt>();

  constructor(time: number, treat: () => Treatment) {
    this.#time = time;
    this.#treat = treat;
  }

  /** Who is told what happens; answers to others are lost. */
  tell(delivery: Delivery | undefined): void {
    this.#delivery = delivery;
    this.pending.clear();
    this.#after(noticeMs, () => {
      if (this.#speaking) delivery?.voice(true, this.#time);
    });
  }

  /** What a relay has heard of it all the time. */
  get overheard(): Overheard {
    const voice = this.#voice && { from: this.#voice.from, to: this.#voice.to ?? this.#time };
    return { since: 0, voice };
  }

  /** Nobody waits for its answer any more. */
  forget(piece: Piece): void {
    for (const attempt of this.pending) if (attempt.piece === piece) this.pending.delete(attempt);
  }

  submit(attempt: Attempt): void {
    const delivery = this.#delivery;
    const treatment = this.#treat();
    const { fate, latency } = treatment;
    const taskId = `task-${attempt.piece.text}-${(this.#count += 1)}`;
    this.pending.add(attempt);
    this.#after(latency, () => {
      if (fate === 'taken' || fate === 'mute')
        this.#tasks.push({ id: taskId, piece: attempt.piece, readyAt: this.#time + startMs, treatment });
    });
    this.#after(2 * latency, () => {
      if (delivery !== this.#delivery) return;
      this.pending.delete(attempt);
      const at = this.#time;
      if (fate === 'taken') delivery?.answered({ type: 'taken', attempt, taskId, at });
      else
        delivery?.answered({
          type: fate === 'refused' ? 'refused' : 'doubtful',
          attempt,
          at,
          retryAfter: undefined,
        });
    });
  }

  silence(): void {
    const delivery = this.#delivery;
    this.#after(interruptMs, () => {
      this.#tasks = [];
      const cut = this.#speaking;
      this.#speaking = undefined;
      if (!cut) return;
      this.#delivery?.handle({ type: 'speech.ended', taskId: cut.id, at: this.#time });
      this.#say(false);
    });
    this.#after(2 * interruptMs, () => {
      if (delivery === this.#delivery) delivery?.silenced(this.#time);
    });
  }

  tick(time: number): void {
    this.#time = time;
    const due = this.#due.filter(({ at }) => at <= time);
    this.#due = this.#due.filter(({ at }) => at > time);
    for (const { act } of due) act();
    this.#end();
    this.#begin();
  }

  #begin(): void {
    const [task] = this.#tasks;
    if (this.#speaking || !task || task.readyAt > this.#time) return;
    this.#tasks.shift();
    const { id, piece, treatment } = task;
    this.#speaking = { ...task, until: this.#time + piece.expected * treatment.pace };
    this.#say(true);
    if (!treatment.losesStart) this.#delivery?.handle({ type: 'speech.started', taskId: id, at: this.#time });
  }

  #end(): void {
    const ended = this.#speaking;
    if (!ended || ended.until > this.#time) return;
    this.#speaking = undefined;
    this.said.push({ piece: ended.piece, at: this.#time });
    this.#say(false);
    if (!ended.treatment.losesEnd)
      this.#delivery?.handle({ type: 'speech.ended', taskId: ended.id, at: this.#time });
  }

  #say(active: boolean): void {
    if (active) this.#voice = { from: this.#time, to: undefined };
    else if (this.#voice) this.#voice.to ??= this.#time;
    this.#delivery?.voice(active, this.#time);
  }

  #after(ms: number, act: () => void): void {
    this.#due.push({ at: this.#time + ms, act });
  }
}
