import type { AvatarSettings, AvatarState, MessageId } from '@avatar-bridge/contracts';
import { LostError } from '../lost-error.ts';
import type { ProviderCapabilities, ProviderSession } from '../providers/avatar-provider.ts';
import type { VendorEvent } from '../providers/vendor-event.ts';
import { expectedDuration } from './duration.ts';
import { judge, type Voice } from './evidence.ts';
import { type Fact, type MessageCommand, SpeechQueue, speechOf } from './speech-queue.ts';
import type { Verdict } from './uncertain.ts';
import { utterances } from './utterances.ts';
import { VendorLine, type VendorLineParts } from './vendor-line.ts';

/** Vendor sessions lost over one message before the message is given up. */
const maxLosses = 3;

/** What the speaker needs of the session around it; `wake` asks the session's loop to call act() again. */
export type SpeakerParts = Omit<VendorLineParts, 'queue' | 'note'> & {
  avatar: AvatarSettings;
  capabilities: ProviderCapabilities;
  /** Something was said to its end. */
  proven: () => void;
  stateChanged: (state: AvatarState) => void;
};

/** What is known of a message that a former owner began. */
export type Known = {
  verdicts: Verdict[];
  submittedAt?: number | undefined;
  speakingAt?: number | undefined;
};

/**
 * Has a session's messages spoken, in order: keeps the queue of what is to be said, and concludes from the vendor's events, the
 * avatar's voice and the clock what has been said. When to act is the session's loop's business.
 */
export class Speaker {
  readonly #parts: SpeakerParts;
  readonly #queue: SpeechQueue;
  #line: VendorLine | undefined;
  #voice: Voice | undefined;
  /** Speech that is none of ours: an opening, a word into the user's silence. */
  #foreignTask: string | undefined;
  #state: AvatarState | undefined;

  constructor(parts: SpeakerParts) {
    this.#parts = parts;
    this.#queue = new SpeechQueue(parts.capabilities.queueDepth);
  }

  /** Whether the vendor holds anything of ours, or is just being silenced. */
  get busy(): boolean {
    return this.#queue.outstanding.length > 0 || this.#line?.silencing === true;
  }

  /** The message that this vendor task belongs to. */
  messageOf(taskId: string): MessageId | undefined {
    return this.#queue.byTask(taskId)?.message.id;
  }

  /** The utterances of a message, each with the time it should take, ms. */
  split(message: Pick<MessageCommand, 'text' | 'mode'>): { text: string; expected: number }[] {
    const { avatar, capabilities } = this.#parts;
    const texts = utterances(message.text, {
      mode: message.mode,
      maxLength: capabilities.maxUtteranceLength,
      ...(avatar.language && { language: avatar.language }),
    });
    return texts.map((text) => ({ text, expected: expectedDuration(text, avatar.voice.rate) }));
  }

  /** Puts a message at the end. */
  add(message: MessageCommand, known?: Known): void {
    const { book, wake } = this.#parts;
    const verdicts = known?.verdicts ?? [];
    const pieces = this.split(message).map(({ text, expected }, index) => ({
      text,
      expected,
      done: (verdicts[index] ?? 'say') !== 'say',
    }));
    const speech = speechOf(message, pieces);
    if (known?.submittedAt !== undefined) speech.submittedAt = known.submittedAt;
    if (known?.speakingAt !== undefined) speech.speakingAt = known.speakingAt;
    if (pieces.some(({ done }) => !done)) {
      this.#queue.add(speech);
      wake();
    } else if (verdicts.at(-1) === 'skip') {
      const reason =
        'Its worker died while saying it, and what is uncertain is not said again (onUncertain: skip)';
      book.unspoken(speech, { state: 'failed', code: 'uncertain', reason });
    } else {
      book.spoken(speech);
    }
  }

  /** Silences everything accepted so far. Calls `told` when the vendor was told, or there is none to be told. */
  interrupt(told: () => void): void {
    for (const speech of this.#queue.clear()) this.#parts.book.unspoken(speech, { state: 'interrupted' });
    this.#foreignTask = undefined;
    if (this.#line) void this.#line.silence(told);
    else told();
    this.#announce();
  }

  /** A vendor session is up. */
  attach(session: ProviderSession): void {
    this.#line = new VendorLine(session, {
      ...this.#parts,
      queue: this.#queue,
      note: (facts) => this.#note(facts),
    });
    this.#announce();
  }

  /** The vendor session is gone: what it held is said again by the next, unless it has cost too many of them. */
  detach(): void {
    this.#line?.close();
    this.#line = undefined;
    this.#voice = undefined;
    this.#foreignTask = undefined;
    for (const speech of this.#queue.lost()) {
      if (speech.losses < maxLosses) continue;
      this.#queue.remove(speech);
      const reason = `The vendor's session was lost ${maxLosses} times while saying it`;
      this.#parts.book.unspoken(speech, { state: 'failed', code: 'vendor-lost', reason });
    }
    this.#announce();
  }

  /** What the vendor says about speech, in whatever order. */
  handle({ type, taskId, at }: Extract<VendorEvent, { type: 'speech.started' | 'speech.ended' }>): void {
    const ours =
      taskId === undefined || this.#queue.byTask(taskId) !== undefined || this.#line?.submitting === true;
    if (type === 'speech.ended') this.#foreignTask = undefined;
    else if (!ours) this.#foreignTask = taskId;
    this.#note(type === 'speech.started' ? this.#queue.started(taskId, at) : this.#queue.ended(taskId, at));
    this.#parts.wake();
  }

  /** The vendor's server began or ceased to name the avatar an active speaker. */
  voice(active: boolean, at: number): void {
    if (active) this.#voice = { from: at, to: undefined };
    else if (this.#voice?.to === undefined && this.#voice) this.#voice = { from: this.#voice.from, to: at };
    if (!active) this.#foreignTask = undefined;
    this.#announce();
    this.#parts.wake();
  }

  /** Does what is due now, and returns when to look again at the latest (epoch ms). */
  act(now: number, { submit }: { submit: boolean }): number {
    for (const speech of this.#queue.expire(now)) this.#parts.book.unspoken(speech, { state: 'expired' });
    const looks = [this.#queue.nextExpiry];
    if (this.#line) looks.push(this.#weighEvidence(now), this.#line.act(now, { submit }));
    this.#announce();
    return Math.min(...looks);
  }

  /** Judges the utterance first in line until nothing more can be concluded. */
  #weighEvidence(now: number): number {
    for (;;) {
      const front = this.#queue.front;
      if (!front || front.piece.state.name === 'submitting') return Number.POSITIVE_INFINITY;
      const { piece, since } = front;
      const speakingSince = piece.state.name === 'speaking' ? piece.state.since : undefined;
      const { mode } = piece.speech.message;
      const judgement = judge(
        { mode, expected: piece.expected, frontSince: since, speakingSince },
        this.#voice,
        now,
      );
      switch (judgement.verdict) {
        case 'wait':
          return judgement.until;
        case 'started':
          this.#note(this.#queue.started(undefined, judgement.at));
          break;
        case 'ended':
          this.#note(this.#queue.ended(undefined, judgement.at));
          break;
        case 'silent':
          this.#parts.lost(
            new LostError('vendor-silent', 'The vendor took an utterance and showed no sign of saying it'),
          );
          return Number.POSITIVE_INFINITY;
      }
    }
  }

  #note(facts: Fact[]): void {
    for (const fact of facts) {
      this.#parts.book.note(fact);
      if (fact.type === 'spoken') this.#parts.proven();
    }
    this.#announce();
  }

  #announce(): void {
    const state = this.#avatarState();
    if (state === this.#state) return;
    this.#state = state;
    this.#parts.stateChanged(state);
  }

  #avatarState(): AvatarState {
    if (!this.#line) return 'initializing';
    const { outstanding } = this.#queue;
    if (this.#foreignTask !== undefined || outstanding.some(({ state }) => state.name === 'speaking'))
      return 'speaking';
    if (outstanding.some(({ speech }) => speech.message.mode === 'talk')) return 'thinking';
    // between two utterances
    return outstanding.length > 0 && this.#state === 'speaking' ? 'speaking' : 'listening';
  }
}
