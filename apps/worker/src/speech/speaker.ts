import type { AvatarSettings, AvatarState, MessageId } from '@avatar-bridge/contracts';
import type { Utterance } from '@avatar-bridge/session-store';
import { hasSpeakableText } from '@avatar-bridge/speech';
import { now } from '../clock.ts';
import { LostError } from '../lost-error.ts';
import {
  type AvatarProvider,
  canTalk,
  type ProviderCapabilities,
  type ProviderSession,
} from '../providers/avatar-provider.ts';
import type { VendorEvent } from '../providers/vendor-event.ts';
import { judge, type Voice } from './evidence.ts';
import { type PieceText, split, splitInherited, type SplitOptions } from './pieces.ts';
import {
  type Fact,
  type MessageCommand,
  type PieceState,
  type Speech,
  SpeechQueue,
  speechOf,
} from './speech-queue.ts';
import type { Verdict } from './uncertain.ts';
import { VendorLine, type VendorLineParts } from './vendor-line.ts';

/** Vendor sessions lost over one message before the message is given up. */
const maxLosses = 3;

/** What the speaker needs of the session around it; `wake` asks the session's loop to call act() again. */
export type SpeakerParts = Omit<VendorLineParts, 'queue' | 'note'> & {
  avatar: AvatarSettings;
  /** Of the provider that is tried first. */
  capabilities: ProviderCapabilities;
  /** Something was said to its end. */
  proven: () => void;
  stateChanged: (state: AvatarState) => void;
};

/** What is known of a message that a former owner began. */
export type Known = {
  /** `record` is what the former owner wrote down of it. */
  pieces: (PieceText & { verdict: Verdict; record?: Pick<Utterance, 'state' | 'at' | 'taskId'> })[];
  submittedAt?: number | undefined;
  speakingAt?: number | undefined;
};

/**
 * Has a session's messages spoken, in order: keeps the queue of what is to be said, and concludes from the vendor's events, the
 * avatar's voice and the clock what has been said. When to act is the session's loop's business.
 */
export class Speaker {
  readonly #parts: SpeakerParts;
  readonly #queue = new SpeechQueue();
  #capabilities: ProviderCapabilities;
  #provider: string | undefined;
  #line: VendorLine | undefined;
  #voice: Voice | undefined;
  /** Speech that is none of ours: an opening, a word into the user's silence. */
  #foreignTask: string | undefined;
  #state: AvatarState | undefined;
  /** Why nothing new is handed over. */
  readonly #pauses = new Set<'held' | 'suspended'>();

  constructor(parts: SpeakerParts) {
    this.#parts = parts;
    this.#capabilities = parts.capabilities;
  }

  /** Whether the vendor holds anything of ours, or is just being silenced. */
  get busy(): boolean {
    return this.#queue.outstanding.length > 0 || this.#line?.silencing === true;
  }

  /** Nobody speaks, and nobody was told to: a pause between two utterances. */
  get settled(): boolean {
    return !this.busy && this.#foreignTask === undefined;
  }

  /** The message that this vendor task belongs to. */
  messageOf(taskId: string): MessageId | undefined {
    return this.#queue.byTask(taskId)?.message.id;
  }

  /** The utterances of a message that a former owner began, with what it wrote down of them. */
  splitInherited({ text, mode }: Pick<MessageCommand, 'text' | 'mode'>, records: readonly Utterance[]) {
    return splitInherited(text, records, this.#splitOptions(mode));
  }

  /** Puts a message at the end. */
  add(message: MessageCommand, known?: Known): void {
    const { book, wake } = this.#parts;
    const inherited = known?.pieces.map(({ verdict, record, ...piece }) => ({
      ...piece,
      state: stateOf(verdict, record),
    }));
    const pieces: (PieceText & { state?: PieceState })[] =
      inherited ?? split(message.text, this.#splitOptions(message.mode));
    const speech = speechOf(message, pieces);
    if (known?.submittedAt !== undefined) speech.submittedAt = known.submittedAt;
    if (known?.speakingAt !== undefined) speech.speakingAt = known.speakingAt;
    if (pieces.some(({ state }) => state?.name !== 'done')) {
      this.#queue.add(speech);
      this.#line?.adopt();
      wake();
    } else if (known?.pieces.at(-1)?.verdict === 'skip') {
      const reason =
        'Its worker died while saying it, and what is uncertain is not said again (onUncertain: skip)';
      book.unspoken(speech, { state: 'failed', code: 'uncertain', reason });
    } else {
      book.spoken(speech);
    }
  }

  /**
   * Silences everything that was accepted so far, or before the message with the seq `before`. Calls `told` when the vendor was told, or
   * there is nothing to be told.
   */
  interrupt({ before }: { before?: number | undefined }, told: () => void): void {
    const { outstanding } = this.#queue;
    const silenced = this.#queue.clear(before);
    for (const speech of silenced) this.#parts.book.unspoken(speech, { state: 'interrupted' });
    const spares = this.#queue.outstanding.length > 0;
    if (spares && this.#queue.outstanding.length === outstanding.length) return told();
    this.#silence(told);
  }

  /** Nobody hears the avatar: it is silenced, and says nothing until resume(). What it held is said again. */
  suspend(): void {
    if (this.#pauses.has('suspended')) return;
    this.#pauses.add('suspended');
    this.#silence(() => {});
  }

  resume(): void {
    this.#pauses.delete('suspended');
    this.#parts.wake();
  }

  /** Whether nothing new is handed over, while what is being said goes on. */
  hold(on: boolean): void {
    if (on) this.#pauses.add('held');
    else this.#pauses.delete('held');
    this.#parts.wake();
  }

  /** A vendor session is up. */
  attach(
    session: ProviderSession,
    { name, capabilities }: Pick<AvatarProvider, 'name' | 'capabilities'>,
  ): void {
    this.#capabilities = capabilities;
    if (name !== this.#provider) {
      this.#provider = name;
      this.#queue.adapt(capabilities.queueDepth, (speech) => this.#resplit(speech));
    }
    this.#line = new VendorLine(session, {
      ...this.#parts,
      queue: this.#queue,
      note: (facts) => this.#note(facts),
    });
    this.#announce();
  }

  /**
   * The vendor session is gone: what it held is said again by the next, unless it has cost too many of them. With `another` the next is
   * another provider's, which has not yet failed on anything.
   */
  detach({ another = false } = {}): void {
    this.#line?.close();
    this.#line = undefined;
    this.#voice = undefined;
    this.#foreignTask = undefined;
    for (const speech of this.#queue.lost()) {
      if (another || speech.losses < maxLosses) continue;
      this.#queue.remove(speech);
      const reason = `The vendor's session was lost ${maxLosses} times while saying it`;
      this.#parts.book.unspoken(speech, { state: 'failed', code: 'vendor-lost', reason });
    }
    this.#announce();
  }

  /** What the vendor says about speech, in whatever order. */
  handle(event: Extract<VendorEvent, { type: 'speech.started' | 'speech.ended' }>): void {
    const { type, taskId, at, foreign } = event;
    const ours =
      !foreign &&
      (taskId === undefined || this.#queue.byTask(taskId) !== undefined || this.#line?.submitting === true);
    if (type === 'speech.ended') this.#foreignTask = undefined;
    else if (!ours) this.#foreignTask = taskId;
    if (!foreign)
      this.#note(type === 'speech.started' ? this.#queue.started(taskId, at) : this.#queue.ended(taskId, at));
    this.#announce();
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
    const nextIsSayable = this.#nextIsSayable();
    if (this.#line) {
      looks.push(this.#weighEvidence(now));
      looks.push(this.#line.act(now, { submit: submit && nextIsSayable && this.#pauses.size === 0 }));
    }
    this.#announce();
    return Math.min(...looks);
  }

  /**
   * Whether the next message can be said by the provider in use. One that can't be is failed when all before it is said. It does not
   * wait for another provider: everything behind it would wait along.
   */
  #nextIsSayable(): boolean {
    for (let piece = this.#queue.next(); piece; piece = this.#queue.next()) {
      const failure = this.#unsayable(piece.speech);
      if (!failure) return true;
      if (this.#queue.outstanding.length > 0) return false;
      this.#queue.remove(piece.speech);
      this.#parts.book.unspoken(piece.speech, { state: 'failed', ...failure });
    }
    return true;
  }

  #unsayable({ message: { mode, text } }: Speech): { code: string; reason: string } | undefined {
    if (mode === 'repeat') {
      const reason = 'There is nothing in it that can be said: it has no letter and no digit';
      return hasSpeakableText(text) ? undefined : { code: 'no-speech', reason };
    }
    // Who will answer is known once a provider is in use.
    if (!this.#line || canTalk(this.#capabilities, this.#parts.avatar)) return undefined;
    const how = this.#capabilities.modes.includes('talk')
      ? 'without avatar.knowledgeBase or avatar.knowledgeBaseId'
      : 'at all';
    const reason = `The provider in use, ${this.#provider ?? ''}, can't answer a text ${how}: post it with mode repeat`;
    return { code: 'talk-unsupported', reason };
  }

  /** What is left of a message, anew, if the provider in use does not take it as it is. */
  #resplit({ message, pieces }: Speech): PieceText[] | undefined {
    const { maxUtteranceLength } = this.#capabilities;
    const rest = pieces.filter(({ state }) => state.name === 'waiting');
    if (rest.every(({ text }) => text.length <= maxUtteranceLength)) return undefined;
    const index = Math.max(...pieces.map((piece) => piece.index)) + 1;
    return split(message.text, this.#splitOptions(message.mode), { from: rest[0]?.span[0] ?? 0, index });
  }

  #splitOptions(mode: MessageCommand['mode']): SplitOptions {
    const { avatar } = this.#parts;
    const { maxUtteranceLength: maxLength } = this.#capabilities;
    return { mode, maxLength, language: avatar.language, rate: avatar.voice.rate };
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

  #silence(told: () => void): void {
    this.#queue.takeBack();
    this.#foreignTask = undefined;
    if (this.#line) void this.#line.silence(told);
    else told();
    this.#announce();
  }

  #note(facts: Fact[]): void {
    for (const fact of facts) {
      this.#parts.book.note(fact);
      if (fact.type === 'piece.spoken') this.#parts.proven();
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

/** How far a piece is that a former owner began. */
function stateOf(verdict: Verdict, record: Known['pieces'][number]['record']): PieceState {
  if (verdict === 'said' || verdict === 'skip') return { name: 'done' };
  if (verdict === 'say' || record === undefined) return { name: 'waiting' };
  const { state, taskId } = record;
  // another machine's clock told the time: it has passed, whatever it says
  const at = now() - Math.max(0, Date.now() - record.at);
  if (state === 'submitting' || taskId === undefined) return { name: 'submitting', at };
  return state === 'speaking'
    ? { name: 'speaking', at, taskId, since: at }
    : { name: 'submitted', at, taskId };
}
