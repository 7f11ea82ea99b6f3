import type { PieceText } from './pieces.ts';
import { TaskMemory } from './task-memory.ts';
import { type Fact, type Piece, piecesOf, type Speech, type Unspoken } from './speech.ts';

/**
 * The messages of one session that are not yet finished, in order, and what the vendor holds of them. In
 * memory, without effects. The vendor speaks in the order in which it was given utterances, so an utterance
 * that begins or ends proves that those before it ended, whatever events were lost on the way.
 */
export class SpeechQueue {
  #speeches: Speech[] = [];
  readonly #tasks = new TaskMemory();
  /** When the utterance now first in the vendor's line got there. */
  #frontSince = 0;
  #depth = 1;

  /** Utterances that the vendor holds at once. */
  get depth(): number {
    return this.#depth;
  }

  get speeches(): readonly Speech[] {
    return this.#speeches;
  }

  /** What the vendor holds, in order. */
  get outstanding(): Piece[] {
    const outstanding: Piece[] = [];
    for (const speech of this.#speeches) {
      for (const piece of speech.pieces) {
        if (piece.state.name === 'waiting') return outstanding;
        if (piece.state.name !== 'done') outstanding.push(piece);
      }
    }
    return outstanding;
  }

  /** Since when nothing is before an utterance before which nothing is (epoch ms). */
  firstSince(front: Piece | { at: number }): number {
    const given = 'at' in front ? front : front.state;
    return 'at' in given ? Math.max(this.#frontSince, given.at) : this.#frontSince;
  }

  /**
   * Another vendor takes it from here, which holds `depth` utterances at once: `resplit` gives what is left
   * of a message anew, or undefined when it may stay as it is. The losses of the vendor before are forgotten.
   */
  adapt(depth: number, resplit: (speech: Speech) => PieceText[] | undefined): void {
    this.#depth = depth;
    for (const speech of this.#speeches) {
      speech.losses = 0;
      const rest = resplit(speech);
      if (!rest) continue;
      const begun = speech.pieces.filter(({ state }) => state.name !== 'waiting');
      speech.pieces = [...begun, ...piecesOf(speech, rest)];
    }
  }

  add(speech: Speech): void {
    this.#speeches.push(speech);
  }

  byTask(taskId: string): Piece | undefined {
    return this.outstanding.find(({ state }) => 'taskId' in state && state.taskId === taskId);
  }

  /** Whether the task was one of ours, and is over or unwanted. */
  isPast(taskId: string): boolean {
    return this.#tasks.isPast(taskId);
  }

  /** The next utterance to be given to the vendor, if it takes one more now. */
  next(): Piece | undefined {
    const outstanding = this.outstanding;
    if (outstanding.length >= this.#depth) return undefined;
    const last = outstanding.at(-1);
    // the vendor's LLM takes its time: what is submitted behind a question might overtake the answer until
    // that is spoken
    if (last?.speech.message.mode === 'talk' && last.state.name !== 'speaking') return undefined;
    for (const speech of this.#speeches) {
      const piece = speech.pieces.find(({ state }) => state.name === 'waiting');
      if (piece) return piece;
    }
    return undefined;
  }

  /**
   * Takes out and returns the messages that waited too long; never those of which the vendor has, had or is
   * given anything.
   */
  expire(now: number, beingGiven: Speech | undefined): Speech[] {
    return this.#take((speech) => speech !== beingGiven && expiry(speech) <= now);
  }

  /** When the next message expires; Infinity if none does. */
  get nextExpiry(): number {
    return this.#speeches.reduce(
      (first, speech) => Math.min(first, expiry(speech)),
      Number.POSITIVE_INFINITY,
    );
  }

  /** The vendor has it. Returns what events that came too early say about it, too. */
  submitted(piece: Piece, taskId: string | undefined, at: number): Fact[] {
    if (piece.state.name !== 'waiting') return [];
    const first = piece.speech.submittedAt === undefined;
    piece.state = { name: 'submitted', at, taskId };
    piece.speech.submittedAt ??= at;
    const facts: Fact[] = [{ type: 'piece.submitted', piece, taskId, at, first }];
    return taskId === undefined ? facts : [...facts, ...this.#catchUp(taskId)];
  }

  /** The vendor calls by this name what it has. */
  named(piece: Piece, taskId: string): Fact[] {
    if (!('taskId' in piece.state) || piece.state.taskId === taskId) return [];
    piece.state = { ...piece.state, taskId };
    return this.#catchUp(taskId);
  }

  /** A task nobody knows that began since `at`: most likely the one whose submission is still unanswered. */
  unknownTaskSince(at: number, mayBe: (taskId: string) => boolean): string | undefined {
    return this.#tasks.beganSince(at, mayBe);
  }

  /** The vendor began to speak a task; without an id: the first in line. */
  started(taskId: string | undefined, at: number): Fact[] {
    const piece = this.#find(taskId);
    if (!piece) {
      if (taskId !== undefined) this.#tasks.remember(taskId, { started: at });
      return [];
    }
    if (piece.state.name !== 'submitted') return [];
    const facts = this.#endThoseBefore(piece, at);
    return [...facts, ...this.begin(piece, at)];
  }

  /** The vendor ended a task, or fell silent; without an id: the one being spoken. */
  ended(taskId: string | undefined, at: number): Fact[] {
    const piece =
      taskId === undefined
        ? this.outstanding.find(({ state }) => state.name === 'speaking')
        : this.#find(taskId);
    if (!piece) {
      if (taskId !== undefined) this.#tasks.remember(taskId, { ended: at });
      return [];
    }
    return [...this.#endThoseBefore(piece, at), ...this.finish(piece, at)];
  }

  /** It is being spoken since `at`. */
  begin(piece: Piece, at: number): Fact[] {
    if (piece.state.name !== 'submitted') return [];
    const { taskId } = piece.state;
    piece.state = { ...piece.state, name: 'speaking', since: at };
    const facts: Fact[] = [{ type: 'piece.speaking', piece, taskId, at }];
    if (piece.speech.speakingAt === undefined) {
      piece.speech.speakingAt = at;
      facts.push({ type: 'speaking', speech: piece.speech, taskId, at });
    }
    return facts;
  }

  /** It has been spoken. */
  finish(piece: Piece, at: number): Fact[] {
    const facts: Fact[] = [...this.begin(piece, at), { type: 'piece.spoken', piece }];
    if ('taskId' in piece.state) this.#tasks.isOver(piece.state.taskId);
    piece.state = { name: 'done' };
    this.#frontSince = at;
    const { speech } = piece;
    speech.losses = 0;
    if (speech.pieces.every(({ state }) => state.name === 'done')) {
      this.#speeches = this.#speeches.filter((other) => other !== speech);
      facts.push({ type: 'spoken', speech, at });
    }
    return facts;
  }

  /** It is not said again, whatever became of it. */
  skip(piece: Piece, end: Unspoken): Fact[] {
    piece.state = { name: 'done' };
    const { speech } = piece;
    if (speech.pieces.some(({ state }) => state.name !== 'done')) return [{ type: 'piece.skipped', piece }];
    this.remove(speech);
    return [{ type: 'unspoken', speech, end }];
  }

  /**
   * Takes out and returns the messages that were accepted before the one with the seq `before`; without it,
   * all.
   */
  clear(before = Number.POSITIVE_INFINITY): Speech[] {
    return this.#take(({ message }) => message.seq < before);
  }

  remove(speech: Speech): void {
    this.#take((candidate) => candidate === speech);
  }

  /** The vendor has forgotten, or was told to forget, what it held: that is to be said again. */
  takeBack(): void {
    for (const piece of this.outstanding) {
      if ('taskId' in piece.state) this.#tasks.isOver(piece.state.taskId);
      piece.state = { name: 'waiting' };
    }
    this.#tasks.forget();
  }

  #take(which: (speech: Speech) => boolean): Speech[] {
    const taken = this.#speeches.filter(which);
    if (taken.length === 0) return taken;
    const gone = new Set(taken);
    this.#speeches = this.#speeches.filter((speech) => !gone.has(speech));
    for (const { state } of taken.flatMap(({ pieces }) => pieces)) {
      if ('taskId' in state) this.#tasks.isOver(state.taskId);
    }
    return taken;
  }

  /** The utterance of a task. One whose name nobody knows is the only one that an unknown task can be. */
  #find(taskId: string | undefined): Piece | undefined {
    const { outstanding } = this;
    if (taskId === undefined) return outstanding[0];
    const known = this.byTask(taskId);
    if (known || this.isPast(taskId)) return known;
    const nameless = outstanding.find(({ state }) => 'taskId' in state && state.taskId === undefined);
    if (nameless && 'taskId' in nameless.state) nameless.state = { ...nameless.state, taskId };
    return nameless;
  }

  #catchUp(taskId: string): Fact[] {
    const { started, ended } = this.#tasks.take(taskId);
    return [
      ...(started === undefined ? [] : this.started(taskId, started)),
      ...(ended === undefined ? [] : this.ended(taskId, ended)),
    ];
  }

  #endThoseBefore(piece: Piece, at: number): Fact[] {
    const outstanding = this.outstanding;
    return outstanding.slice(0, outstanding.indexOf(piece)).flatMap((before) => this.finish(before, at));
  }
}

function expiry(speech: Speech): number {
  const untouched =
    speech.submittedAt === undefined && speech.pieces.every(({ state }) => state.name === 'waiting');
  return untouched ? (speech.message.expiresAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
}
