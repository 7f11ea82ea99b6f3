import type { AvatarSettings, AvatarState, MessageId } from '@avatar-bridge/contracts';
import type { Utterance } from '@avatar-bridge/session-store';
import { now } from '../clock.ts';
import {
  type AvatarProvider,
  type ProviderCapabilities,
  type ProviderSession,
} from '../providers/avatar-provider.ts';
import type { VendorEvent } from '../providers/vendor-event.ts';
import { AvatarStateTeller } from './avatar-state.ts';
import { type Attachment, Delivery, type DeliveryParts } from './delivery.ts';
import { heardText } from './heard.ts';
import { inheritedSpeech, type Known, uncertain } from './known.ts';
import type { MessageBook } from './message-book.ts';
import { Pauses } from './pauses.ts';
import { Phrasing } from './phrasing.ts';
import {
  type Fact,
  type MessageCommand,
  type Piece,
  type Speech,
  speechOf,
  type Unspoken,
} from './speech.ts';
import { SpeechQueue } from './speech-queue.ts';
import { VendorLine, type VendorLineParts } from './vendor-line.ts';

/** Vendor sessions lost over one message before the message is given up. */
const maxLosses = 3;

/** What the speaker needs of the session around it; `wake` asks the session's loop to call act() again. */
export type SpeakerParts = Pick<VendorLineParts, 'metrics' | 'logger' | 'mayAct' | 'wake' | 'lost'> &
  Pick<DeliveryParts, 'onUncertain' | 'captionOf'> & {
    avatar: AvatarSettings;
    book: MessageBook;
    /** Of the provider that is tried first. */
    capabilities: ProviderCapabilities;
    /** Something was said to its end. */
    proven: () => void;
    stateChanged: (state: AvatarState) => void;
  };

/**
 * Has a session's messages spoken, in order, and writes down how they fare. When to act is the session's
 * loop's business.
 */
export class Speaker {
  readonly #parts: SpeakerParts;
  readonly #queue = new SpeechQueue();
  readonly #delivery: Delivery;
  readonly #phrasing: Phrasing;
  #line: VendorLine | undefined;
  readonly #state: AvatarStateTeller;
  readonly #pauses: Pauses;

  constructor(parts: SpeakerParts) {
    this.#parts = parts;
    this.#state = new AvatarStateTeller(parts.stateChanged);
    this.#pauses = new Pauses(parts.wake);
    this.#phrasing = new Phrasing(parts.avatar, parts.capabilities);
    this.#delivery = new Delivery({ ...parts, queue: this.#queue, note: (facts) => this.#note(facts) });
  }

  /** Nobody speaks, and nobody was told to: a pause between two utterances. */
  get settled(): boolean {
    return !this.#delivery.busy && !this.#delivery.foreign;
  }

  /** Something is to be said, or is being said. */
  get busy(): boolean {
    return this.#queue.speeches.length > 0 || !this.settled;
  }

  /** The message that this vendor task belongs to. */
  messageOf(taskId: string): MessageId | undefined {
    return this.#queue.byTask(taskId)?.speech.message.id;
  }

  /** The utterances of a message that a former owner began, with what it wrote down of them. */
  splitInherited(message: Pick<MessageCommand, 'text' | 'mode'>, records: readonly Utterance[]) {
    return this.#phrasing.inherited(message, records);
  }

  /** Puts a message at the end. */
  add(message: MessageCommand, known?: Known): void {
    const { book, wake } = this.#parts;
    const inherited = known && inheritedSpeech(message, known);
    const speech = inherited?.speech ?? speechOf(message, this.#phrasing.pieces(message));
    if (speech.pieces.some(({ state }) => state.name !== 'done')) {
      this.#queue.add(speech);
      if (inherited?.perhaps) this.#delivery.inherit(inherited.perhaps.piece, inherited.perhaps.at);
      wake();
    } else if (known?.pieces.at(-1)?.verdict === 'skip') {
      book.unspoken(speech, uncertain);
    } else {
      book.spoken(speech);
    }
    this.#announce();
  }

  /**
   * Silences everything that was accepted so far, or before the message with the seq `before`. Calls `told`
   * when the vendor was told, or there is nothing to be told.
   */
  interrupt({ before }: { before?: number | undefined }, told: () => void): void {
    const { held } = this.#delivery;
    const silenced = new Set(this.#queue.clear(before));
    for (const speech of silenced) {
      const spokenText = heardText(speech, now(), this.#parts.captionOf);
      this.#end(speech, { state: 'interrupted', spokenText });
    }
    const spares = held.length > 0 && !held.some(({ speech }) => silenced.has(speech));
    if (spares) told();
    else this.#delivery.silence(told, { speaks: held.length > 0 });
    this.#announce();
  }

  /** Nobody hears the avatar: it is silenced, and says nothing until resume(). What it held is said again. */
  suspend(): void {
    if (this.#pauses.set('suspended', true)) this.sayAgain();
  }

  resume(): void {
    this.#pauses.set('suspended', false);
  }

  /** A moderator muted the avatar: likewise, until it is no longer muted. */
  mute(muted: boolean): void {
    if (this.#pauses.set('muted', muted) && muted) this.sayAgain();
  }

  /** What is being said was cut off on its way to the stage: it is silenced, and said again. */
  sayAgain(): void {
    this.#delivery.silence(() => {});
    this.#announce();
  }

  /** Whether nothing new is handed over, while what is being said goes on. */
  hold(on: boolean): void {
    this.#pauses.set('held', on);
  }

  /**
   * The avatar's picture or voice does not come through from the vendor: until it does, silence tells nothing
   * about what is being said, and nobody has heard its end.
   */
  unseen(on: boolean): void {
    this.#pauses.set('unseen', on);
  }

  /**
   * A vendor session is up, perhaps one that a former owner opened. When what that may be saying is not
   * wanted, what is to be said waits until it was told.
   */
  attach(
    session: ProviderSession,
    provider: Pick<AvatarProvider, 'name' | 'capabilities'>,
    how: Attachment = {},
  ): void {
    if (this.#phrasing.use(provider))
      this.#queue.adapt(provider.capabilities.queueDepth, (speech) => this.#phrasing.again(speech));
    this.#line?.close();
    const line = new VendorLine(session, {
      ...this.#parts,
      record: (piece) => this.#record(piece),
      answered: (answer) => this.#delivery.answered(answer),
      silenced: () => this.#delivery.silenced(now()),
    });
    this.#line = line;
    this.#delivery.attach(line, now(), how);
    this.#announce();
  }

  /**
   * The vendor session is gone: what it held is said again by the next, unless it has cost too many of them.
   * With `another` the next is another provider's, which has not yet failed on anything.
   */
  detach({ another = false } = {}): void {
    this.#line?.close();
    this.#line = undefined;
    for (const speech of this.#delivery.detach()) {
      if (another || speech.losses < maxLosses) continue;
      this.#queue.remove(speech);
      const reason = `The vendor's session was lost ${maxLosses} times while saying it`;
      this.#end(speech, { state: 'failed', code: 'vendor-lost', reason });
    }
    this.#announce();
  }

  /** What the vendor says about speech, in whatever order. */
  handle(event: Extract<VendorEvent, { type: 'speech.started' | 'speech.ended' }>): void {
    if (event.type === 'speech.ended' && this.#pauses.has('unseen')) return;
    this.#delivery.handle(event);
    this.#announce();
    this.#parts.wake();
  }

  /** The vendor's server began or ceased to name the avatar an active speaker. */
  voice(active: boolean, at: number): void {
    this.#delivery.voice(active, at);
    this.#announce();
    this.#parts.wake();
  }

  /** Does what is due now, and returns when to look again at the latest (epoch ms). */
  act(at: number, { submit }: { submit: boolean }): number {
    const beingGiven = this.#delivery.held.at(-1)?.speech;
    for (const speech of this.#queue.expire(at, beingGiven)) this.#end(speech, { state: 'expired' });
    const sayable = this.#nextIsSayable();
    const look = this.#delivery.act(at, {
      submit: submit && sayable && !this.#pauses.any,
      conclude: !this.#pauses.has('unseen'),
    });
    this.#announce();
    return Math.min(this.#queue.nextExpiry, look);
  }

  async #record(piece: Piece): Promise<boolean> {
    const unfinished = await this.#parts.book.submitting(piece);
    if (!unfinished) this.#queue.remove(piece.speech);
    return unfinished;
  }

  /**
   * Whether the next message can be said by the provider in use. One that can't be is failed when all before
   * it is said. It does not wait for another provider: everything behind it would wait along.
   */
  #nextIsSayable(): boolean {
    for (let piece = this.#queue.next(); piece; piece = this.#queue.next()) {
      const end = this.#phrasing.unsayable(piece.speech, { attached: this.#line !== undefined });
      if (!end) return true;
      if (this.#delivery.held.length > 0) return false;
      this.#queue.remove(piece.speech);
      this.#end(piece.speech, end);
    }
    return true;
  }

  #end(speech: Speech, end: Unspoken): void {
    this.#note([{ type: 'unspoken', speech, end }]);
  }

  #note(facts: Fact[]): void {
    for (const fact of facts) {
      this.#parts.book.note(fact);
      if (fact.type === 'piece.spoken') this.#parts.proven();
    }
    this.#announce();
  }

  #announce(): void {
    const { foreign, held } = this.#delivery;
    this.#state.look({ attached: this.#line !== undefined, held, foreign });
  }
}
