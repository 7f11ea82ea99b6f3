import { LostError } from '../lost-error.ts';
import { ProviderError, TerminalProviderError } from '../providers/provider-errors.ts';
import type { VendorEvent } from '../providers/vendor-event.ts';
import type { Overheard } from './evidence.ts';
import { mayBe } from './heard.ts';
import { Hearing } from './hearing.ts';
import { uncertain } from './known.ts';
import { type Fact, type Piece, type Speech, waits } from './speech.ts';
import type { SpeechQueue } from './speech-queue.ts';
import {
  type Attempt,
  attemptOf,
  callsOf,
  idle,
  isExhausted,
  next,
  overtakenOf,
  type Submission,
  type SubmissionEvent,
} from './submission.ts';
import { type Answer, isHopeless, type Line, pause, type VendorLineParts } from './vendor-line.ts';

export type DeliveryParts = Pick<VendorLineParts, 'logger' | 'mayAct' | 'lost'> & {
  queue: SpeechQueue;
  /** Of utterances that a former owner was handing over. */
  onUncertain: 'replay' | 'skip';
  /** What is known of the words of one of the vendor's tasks. */
  captionOf: (taskId: string) => string | undefined;
  note: (facts: Fact[]) => void;
};

/** How a vendor session comes that may be speaking. */
export type Attachment = {
  /** What it is saying is not wanted. */
  silence?: boolean;
  /** Heard of it while nobody owned it. */
  overheard?: Overheard | undefined;
};

/**
 * Brings the queue's utterances to the vendor, and concludes from its answers and events, the avatar's voice
 * and the clock what became of them. Nothing here waits: calls are made by the line, time passes by act().
 */
export class Delivery {
  readonly #parts: DeliveryParts;
  #submission: Submission = idle;
  #line: Line | undefined;
  /** Whoever asked for silence, until a call made since has been answered. */
  #told: (() => void)[] = [];
  /** Taken on evidence: what their answers say is no news. */
  readonly #adopted = new WeakSet<Attempt>();
  #hearing = new Hearing(0);
  /** An end that is believed `until` (epoch ms) unless the vendor session proves to be over. */
  #doubted: { taskId: string | undefined; at: number; until: number } | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Whether the vendor holds anything of ours, or may, or is just being silenced. */
  get busy(): boolean {
    return this.#parts.queue.outstanding.length > 0 || this.#submission.name !== 'idle';
  }

  get foreign(): boolean {
    return this.#hearing.foreign;
  }

  /** What the vendor has or may have, in order. */
  get held(): Piece[] {
    const attempt = attemptOf(this.#submission);
    return [...this.#parts.queue.outstanding, ...(attempt ? [attempt.piece] : [])];
  }

  /** What a former owner was just handing over to the vendor session that goes on. */
  inherit(piece: Piece, at: number): void {
    this.#step({ type: 'inherit', attempt: { piece, at, inherited: true } });
  }

  /** The one before, if any, is given up. */
  attach(line: Line, at: number, { silence = false, overheard }: Attachment = {}): void {
    if (this.#line) this.#giveUp();
    this.#line = line;
    // of a vendor that holds several utterances nobody could tell which one was heard
    this.#hearing = new Hearing(at, this.#parts.queue.depth === 1 ? overheard : undefined);
    if (this.#submission.name === 'silencing') line.silence();
    else if (silence) this.#step({ type: 'silence' });
  }

  /** The vendor session is gone: what it held is to be said again. Returns the messages that this hit. */
  detach(): Speech[] {
    const hit = new Set(this.held.map(({ speech }) => speech));
    for (const speech of hit) speech.losses += 1;
    this.#giveUp();
    return [...hit];
  }

  /**
   * Has the vendor forget all it holds, which is to be said again. `told`: it was told, or there is none and
   * none `speaks`.
   */
  silence(told: () => void, { speaks = false } = {}): void {
    this.#hearing.foreignEnded();
    if (!this.#line && !speaks && !this.busy) return told();
    this.#told.push(told);
    // without a line, one call will do when there is one
    if (this.#line || this.#submission.name !== 'silencing') this.#step({ type: 'silence' });
  }

  answered(answer: Answer): void {
    const { attempt, error, type } = answer;
    const { logger, lost, note, queue } = this.#parts;
    if (this.#adopted.has(attempt)) {
      if (type === 'taken') note(queue.named(attempt.piece, answer.taskId));
      return;
    }
    const wanted = attemptOf(this.#submission) === attempt;
    const { speech } = attempt.piece;
    if (error !== undefined)
      logger.warn({ err: error, messageId: speech.message.id, type }, 'an utterance was not taken');
    this.#step(answer);
    if (!wanted) return;
    if (type === 'taken') return note(queue.submitted(attempt.piece, answer.taskId, answer.at));
    if (!(error instanceof ProviderError)) return;
    if (error instanceof TerminalProviderError && error.code === 'bad-request') {
      queue.remove(speech);
      const end = { state: 'failed', code: error.code, reason: error.message } as const;
      return note([{ type: 'unspoken', speech, end }]);
    }
    if (isHopeless(error) || isExhausted(this.#submission)) lost(error);
  }

  silenced(at: number): void {
    this.#step({ type: 'silenced', at });
    if (this.#submission.name !== 'silencing') this.#tell();
  }

  /** What the vendor says about speech, in whatever order. */
  handle(event: Extract<VendorEvent, { type: 'speech.started' | 'speech.ended' }>): void {
    const { at, foreign, taskId, type } = event;
    const { note, queue } = this.#parts;
    // A session that goes on telling is not over.
    this.#believe();
    if (type === 'speech.ended' && event.doubtMs !== undefined) {
      this.#doubted = { taskId, at, until: at + event.doubtMs };
      return;
    }
    if (taskId !== undefined && queue.isPast(taskId)) return;
    const started = type === 'speech.started';
    const facts = foreign ? [] : queue[started ? 'started' : 'ended'](taskId, at);
    const unknown = taskId !== undefined && !queue.byTask(taskId) && !queue.isPast(taskId);
    if (!started) this.#hearing.foreignEnded();
    else if (!foreign && unknown && overtakenOf(this.#submission)) this.#step({ type: 'silence' });
    else if (foreign || (unknown && !attemptOf(this.#submission))) this.#hearing.foreignBegan(taskId);
    note(facts);
  }

  /** The vendor's server began or ceased to name the avatar an active speaker. */
  voice(active: boolean, at: number): void {
    this.#hearing.voiceChanged(active, at, this.#parts.queue.outstanding[0]);
  }

  /**
   * Hands over what is due, and returns when to look again at the latest (epoch ms). `conclude`: whether what
   * is heard of the avatar, and what is not, tells anything.
   */
  act(now: number, { submit, conclude }: { submit: boolean; conclude: boolean }): number {
    if (!this.#line) return Number.POSITIVE_INFINITY;
    if (this.#doubted && now >= this.#doubted.until) this.#believe();
    const due = this.#lookAndSubmit(now, { submit, conclude });
    return Math.min(due, this.#doubted?.until ?? Number.POSITIVE_INFINITY);
  }

  #lookAndSubmit(now: number, { submit, conclude }: { submit: boolean; conclude: boolean }): number {
    const look = conclude ? this.#weighEvidence(now) : Number.POSITIVE_INFINITY;
    this.#step({ type: 'look', at: now });
    const submission = this.#submission;
    switch (submission.name) {
      case 'idle':
        return submit ? Math.min(look, this.#submit(submission.notBefore, now)) : look;
      case 'handing':
      case 'unanswered':
        return conclude ? Math.min(look, this.#weighAnswer(submission, now)) : look;
      case 'silencing':
        return look;
      case 'overtaken':
        return Math.min(look, submission.until);
    }
  }

  #submit(notBefore: number, now: number): number {
    const piece = this.#parts.queue.next();
    if (!piece) return Number.POSITIVE_INFINITY;
    if (now < notBefore) return notBefore;
    if (!this.#parts.mayAct()) return now + pause;
    const attempt: Attempt = { piece, at: now };
    this.#step({ type: 'submit', attempt });
    this.#line?.submit(attempt);
    return now;
  }

  /** Finds out about a submission without an answer from what the avatar does. */
  #weighAnswer(submission: Extract<Submission, { attempt: Attempt }>, now: number): number {
    const { attempt } = submission;
    const { piece, at, inherited } = attempt;
    const { id: messageId } = piece.speech.message;
    const { captionOf, logger, note, onUncertain, queue } = this.#parts;
    const frontSince = queue.outstanding.length > 0 ? undefined : queue.firstSince(attempt);
    const pending = submission.name === 'handing';
    const unknownTask = queue.unknownTaskSince(at, (taskId) => mayBe(piece, captionOf(taskId)));
    const judgement = this.#hearing.judgeAttempt(attempt, { frontSince, pending, unknownTask }, now);
    switch (judgement.verdict) {
      case 'wait':
        return judgement.until;
      case 'adopted':
        this.#adopted.add(attempt);
        this.#step({ type: 'adopted' });
        note(queue.submitted(piece, judgement.taskId, at));
        return now;
      case 'missed':
        logger.warn({ messageId }, 'an utterance got no answer and is not being said');
        if (inherited && onUncertain === 'skip') note(queue.skip(piece, uncertain));
        this.#step({ type: 'missed' });
        return now;
    }
  }

  /** Judges the utterance first in line until nothing more can be concluded. */
  #weighEvidence(now: number): number {
    const { lost, note, queue } = this.#parts;
    for (let [front] = queue.outstanding; front; [front] = queue.outstanding) {
      const judgement = this.#hearing.judgeFront(front, queue.firstSince(front), now);
      switch (judgement.verdict) {
        case 'wait':
          return judgement.until;
        case 'started':
          note(queue.begin(front, judgement.at));
          break;
        case 'ended':
          note(queue.finish(front, judgement.at));
          break;
        case 'silent':
          lost(new LostError('vendor-silent', 'The vendor took an utterance and did not begin to say it'));
          return Number.POSITIVE_INFINITY;
      }
    }
    return Number.POSITIVE_INFINITY;
  }

  #believe(): void {
    if (!this.#doubted) return;
    const { taskId, at } = this.#doubted;
    this.#doubted = undefined;
    this.#parts.note(this.#parts.queue.ended(taskId, at));
  }

  #giveUp(): void {
    this.#doubted = undefined;
    this.#step({ type: 'lost' });
    this.#line = undefined;
    this.#hearing.foreignEnded();
    this.#tell();
  }

  #tell(): void {
    for (const told of this.#told.splice(0)) told();
  }

  #step(event: SubmissionEvent): void {
    const { note, queue } = this.#parts;
    const [before, held] = [this.#submission, this.held];
    this.#submission = next(before, event);
    const silences = callsOf(this.#submission) > callsOf(before);
    const { type } = event;
    // What had ended before it was silenced is not said again.
    if (silences) this.#believe();
    if (silences || type === 'lost') {
      queue.takeBack();
      note(held.filter(({ state }) => state.name === 'waiting').map(waits));
    } else if (before.name === 'handing' && (type === 'refused' || type === 'postponed')) {
      note(held.slice(-1).map(waits));
    }
    if (silences) this.#line?.silence();
  }
}
