import type { MailboxCommand } from '@avatar-bridge/contracts';
import type { PieceText, Span } from './pieces.ts';

export type MessageCommand = Extract<MailboxCommand, { type: 'message' }>;

/** How far an utterance is. Times are epoch ms. */
export type PieceState =
  | { name: 'waiting' }
  | { name: 'submitting'; at: number }
  | { name: 'submitted'; at: number; taskId: string }
  | { name: 'speaking'; at: number; taskId: string; since: number }
  | { name: 'done' };

/** One utterance of a message. */
export type Piece = {
  readonly speech: Speech;
  readonly index: number;
  readonly text: string;
  readonly span: Span;
  readonly expected: number;
  state: PieceState;
};

/** A message on its way to being spoken. */
export type Speech = {
  readonly message: MessageCommand;
  pieces: readonly Piece[];
  /** When the vendor was given its first utterance, and when the avatar began to speak it. */
  submittedAt?: number;
  speakingAt?: number;
  /** How many vendor sessions were lost over it since it last got on. */
  losses: number;
  /** Interrupted, failed or dropped: what is still on its way to the vendor is no more wanted. */
  cancelled: boolean;
};

/** What became of a message or an utterance. */
export type Fact =
  | { type: 'piece.speaking'; piece: Piece; taskId: string }
  | { type: 'piece.spoken'; piece: Piece }
  | { type: 'speaking'; speech: Speech; taskId: string; at: number }
  | { type: 'spoken'; speech: Speech; at: number };

/** Vendor events may overtake the vendor's answer that names the task; so many of them are kept. */
const earlyLimit = 32;

/**
 * The messages of one session that are not yet finished, in order, and what the vendor holds of them. In memory, without effects.
 * The vendor speaks in the order in which it was given utterances, so an utterance that begins or ends proves that those before it
 * ended, whatever events were lost on the way.
 */
export class SpeechQueue {
  #speeches: Speech[] = [];
  #early = new Map<string, { started?: number; ended?: number }>();
  /** When the utterance now first in the vendor's line got there. */
  #frontSince = 0;
  #depth = 1;

  get speeches(): readonly Speech[] {
    return this.#speeches;
  }

  /** What the vendor holds or is just being given, in order. */
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

  /** The utterance that is being spoken or is the next to be, and since when it is first in line. */
  get front(): { piece: Piece; since: number } | undefined {
    const piece = this.outstanding[0];
    return piece && { piece, since: Math.max(this.#frontSince, submittedAt(piece)) };
  }

  /**
   * Another vendor takes it from here, which holds `depth` utterances at once: `resplit` gives what is left of a message anew, or
   * undefined when it may stay as it is. The losses of the vendor before are forgotten.
   */
  adapt(depth: number, resplit: (speech: Speech) => PieceText[] | undefined): void {
    this.#depth = depth;
    for (const speech of this.#speeches) {
      speech.losses = 0;
      const rest = resplit(speech);
      if (!rest) continue;
      const begun = speech.pieces.filter(({ state }) => state.name !== 'waiting');
      speech.pieces = [...begun, ...rest.map((piece) => waiting(speech, piece))];
    }
  }

  add(speech: Speech): void {
    this.#speeches.push(speech);
  }

  /** The message that this vendor task belongs to. */
  byTask(taskId: string): Speech | undefined {
    return this.#pieceByTask(taskId)?.speech;
  }

  /** The next utterance to be given to the vendor, if it takes one more now. */
  next(): Piece | undefined {
    const outstanding = this.outstanding;
    if (outstanding.length >= this.#depth) return undefined;
    const last = outstanding.at(-1);
    // one submission at a time keeps their order on the way
    if (last?.state.name === 'submitting') return undefined;
    // the vendor's LLM takes its time: what is submitted behind a question might overtake the answer until that is spoken
    if (last?.speech.message.mode === 'talk' && last.state.name !== 'speaking') return undefined;
    for (const speech of this.#speeches) {
      const piece = speech.pieces.find(({ state }) => state.name === 'waiting');
      if (piece) return piece;
    }
    return undefined;
  }

  /** Takes out and returns the messages that waited too long; never those of which the vendor has or had anything. */
  expire(now: number): Speech[] {
    return this.#take((speech) => expiry(speech) <= now);
  }

  /** When the next message expires; Infinity if none does. */
  get nextExpiry(): number {
    return Math.min(...this.#speeches.map(expiry), Number.POSITIVE_INFINITY);
  }

  submitting(piece: Piece, at: number): void {
    piece.state = { name: 'submitting', at };
  }

  /** The vendor has it. Returns what events that came too early say about it. */
  submitted(piece: Piece, taskId: string, at: number): Fact[] {
    if (piece.state.name !== 'submitting' || piece.speech.cancelled) return [];
    piece.state = { name: 'submitted', at, taskId };
    piece.speech.submittedAt ??= at;
    const early = this.#early.get(taskId);
    this.#early.delete(taskId);
    return [
      ...(early?.started === undefined ? [] : this.started(taskId, early.started)),
      ...(early?.ended === undefined ? [] : this.ended(taskId, early.ended)),
    ];
  }

  /** The vendor did not take it. */
  refused(piece: Piece): void {
    if (piece.state.name === 'submitting') piece.state = { name: 'waiting' };
  }

  /** A task nobody knows that began since `at`: most likely the one whose submission is still unanswered. */
  unknownTaskSince(at: number): string | undefined {
    return [...this.#early].find(([, { started }]) => started !== undefined && started >= at)?.[0];
  }

  /** The vendor began to speak a task; without an id: the first in line. */
  started(taskId: string | undefined, at: number): Fact[] {
    const piece = this.#find(taskId);
    if (!piece) {
      if (taskId !== undefined) this.#remember(taskId, { started: at });
      return [];
    }
    if (piece.state.name !== 'submitted') return [];
    const facts = this.#endThoseBefore(piece, at);
    return [...facts, ...this.#begin(piece, at)];
  }

  /** The vendor ended a task, or fell silent; without an id: the one being spoken. */
  ended(taskId: string | undefined, at: number): Fact[] {
    const piece =
      taskId === undefined
        ? this.outstanding.find(({ state }) => state.name === 'speaking')
        : this.#find(taskId);
    if (!piece) {
      if (taskId !== undefined) this.#remember(taskId, { ended: at });
      return [];
    }
    if (piece.state.name !== 'submitted' && piece.state.name !== 'speaking') return [];
    return [...this.#endThoseBefore(piece, at), ...this.#finish(piece, at)];
  }

  /** Takes out and returns the messages that were accepted before `before`; without it, all. */
  clear(before = Number.POSITIVE_INFINITY): Speech[] {
    return this.#take(({ message }) => message.seq < before);
  }

  /** The vendor was told to forget what it holds: that is to be said again. */
  takeBack(): void {
    for (const piece of this.outstanding) piece.state = { name: 'waiting' };
    this.#early.clear();
  }

  remove(speech: Speech): void {
    this.#take((candidate) => candidate === speech);
  }

  /** The vendor session is gone: what it held is to be said again. Returns the messages that this hit. */
  lost(): Speech[] {
    const hit = new Set(this.outstanding.map((piece) => piece.speech));
    this.takeBack();
    for (const speech of hit) speech.losses += 1;
    return [...hit];
  }

  #take(which: (speech: Speech) => boolean): Speech[] {
    const taken = this.#speeches.filter(which);
    for (const speech of taken) speech.cancelled = true;
    if (taken.length > 0) this.#speeches = this.#speeches.filter((speech) => !speech.cancelled);
    return taken;
  }

  #pieceByTask(taskId: string): Piece | undefined {
    return this.outstanding.find(({ state }) => 'taskId' in state && state.taskId === taskId);
  }

  #find(taskId: string | undefined): Piece | undefined {
    if (taskId !== undefined) return this.#pieceByTask(taskId);
    return this.outstanding.find(({ state }) => state.name === 'submitted' || state.name === 'speaking');
  }

  #remember(taskId: string, what: { started?: number; ended?: number }): void {
    this.#early.set(taskId, { ...this.#early.get(taskId), ...what });
    if (this.#early.size > earlyLimit) this.#early.delete(this.#early.keys().next().value ?? '');
  }

  #endThoseBefore(piece: Piece, at: number): Fact[] {
    const outstanding = this.outstanding;
    return outstanding.slice(0, outstanding.indexOf(piece)).flatMap((before) => this.#finish(before, at));
  }

  #begin(piece: Piece, at: number): Fact[] {
    if (piece.state.name !== 'submitted') return [];
    const { taskId } = piece.state;
    piece.state = { ...piece.state, name: 'speaking', since: at };
    const facts: Fact[] = [{ type: 'piece.speaking', piece, taskId }];
    if (piece.speech.speakingAt === undefined) {
      piece.speech.speakingAt = at;
      facts.push({ type: 'speaking', speech: piece.speech, taskId, at });
    }
    return facts;
  }

  #finish(piece: Piece, at: number): Fact[] {
    const facts: Fact[] = [...this.#begin(piece, at), { type: 'piece.spoken', piece }];
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
}

/** A message with its utterances, none of them submitted unless their `state` says so. */
export function speechOf(
  message: MessageCommand,
  pieces: readonly (PieceText & { state?: PieceState })[],
): Speech {
  const speech: Speech = { message, pieces: [], losses: 0, cancelled: false };
  speech.pieces = pieces.map(({ state, ...piece }) => ({
    ...waiting(speech, piece),
    ...(state && { state }),
  }));
  return speech;
}

function waiting(speech: Speech, { index, text, span, expected }: PieceText): Piece {
  return { speech, index, text, span, expected, state: { name: 'waiting' } };
}

function submittedAt(piece: Piece): number {
  return 'at' in piece.state ? piece.state.at : 0;
}

function expiry(speech: Speech): number {
  const untouched =
    speech.submittedAt === undefined && speech.pieces.every(({ state }) => state.name === 'waiting');
  return untouched ? (speech.message.expiresAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
}
