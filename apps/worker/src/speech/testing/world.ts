import { pino } from 'pino';
import { vi } from 'vitest';
import { now } from '../../clock.ts';
import { type Attachment, Delivery } from '../delivery.ts';
import { inheritedSpeech, uncertain } from '../known.ts';
import { type Fact, type Piece, type Speech, speechOf, type Unspoken } from '../speech.ts';
import { SpeechQueue } from '../speech-queue.ts';
import { type Attempt, overtakenBound } from '../submission.ts';
import { type Inherited, settle } from '../uncertain.ts';
import { ModelVendor, type Treatment } from './model-vendor.ts';

/** What a caller, the stage, a vendor session and a worker may do. */
export type Act =
  | { type: 'say'; pieces: number; expected: number }
  /** All but the newest messages, `spares` of them. */
  | { type: 'interrupt'; spares: number }
  | { type: 'suspend' | 'resume' | 'lose' }
  | { type: 'takeover'; gap: number }
  | { type: 'wait'; ms: number };

type End = Unspoken | { state: 'spoken' };
type Written = NonNullable<Inherited['record']> & { taskId?: string };

const tickMs = 100;
const sane: Treatment = { latency: 50, fate: 'taken', losesStart: false, losesEnd: false, pace: 1 };
const logger = pino({ level: 'silent' });

/**
 * A session's messages between callers who may do anything and a vendor that may do much. Needs fake timers.
 * What must never happen is noted in `wrong`.
 */
export class World {
  /** How each message ended, by seq. */
  readonly ends = new Map<number, End[]>();
  readonly interruptedAt = new Map<number, number>();
  readonly wrong: string[] = [];
  /** What counts as said and was not. */
  readonly untrue: string[] = [];
  readonly #vendors: ModelVendor[] = [];
  readonly #treatments: Treatment[];
  readonly #depth: number;
  readonly #onUncertain: 'replay' | 'skip';
  readonly #written = new Map<string, Written>();
  #speeches: Speech[] = [];
  #queue = new SpeechQueue();
  #delivery: Delivery;
  #suspended = false;
  #lost = false;

  /** @param treatments of the texts that the vendor is given, in order; after them it behaves */
  constructor(treatments: readonly Treatment[], depth: number, onUncertain: 'replay' | 'skip') {
    this.#treatments = [...treatments];
    this.#depth = depth;
    this.#onUncertain = onUncertain;
    this.#delivery = this.#own();
    this.#attach(this.#open());
  }

  get messages(): readonly Speech[] {
    return this.#speeches;
  }

  /** What was said to its end, in order. */
  get said(): { piece: Piece; at: number }[] {
    return this.#vendors.flatMap(({ said }) => said);
  }

  do(act: Act): void {
    switch (act.type) {
      case 'say':
        return this.#say(act.pieces, act.expected);
      case 'interrupt':
        return this.#interrupt(this.#speeches.length + 1 - act.spares);
      case 'suspend':
        this.#suspended = true;
        return this.#delivery.silence(() => {});
      case 'resume':
        this.#suspended = false;
        return undefined;
      case 'lose':
        this.#delivery.detach();
        return this.#attach(this.#open());
      case 'takeover':
        return this.#takeOver(act.gap);
      case 'wait':
        for (let waited = 0; waited < act.ms; waited += tickMs) this.#tick();
    }
  }

  /** Nobody does anything any more, and the vendor behaves, until all is said. */
  settle(): void {
    this.#treatments.length = 0;
    this.do({ type: 'resume' });
    this.do({ type: 'wait', ms: 240_000 });
  }

  #tick(): void {
    vi.advanceTimersByTime(tickMs);
    this.#vendors.at(-1)?.tick(now());
    this.#delivery.act(now(), { submit: !this.#suspended, conclude: true });
    if (this.#lost) this.do({ type: 'lose' });
    this.#lost = false;
  }

  #say(pieces: number, expected: number): void {
    const seq = this.#speeches.length + 1;
    const texts = Array.from({ length: pieces }, (_, index) => `${seq}.${index}`);
    const speech = speechOf(
      { type: 'message', id: `msg_${seq}`, seq, mode: 'repeat', text: texts.join(' '), acceptedAt: 0 },
      texts.map((text, index) => ({ index, text, span: [index, index + 1], expected })),
    );
    this.#speeches.push(speech);
    this.#queue.add(speech);
  }

  /** As the Speaker does. */
  #interrupt(before: number): void {
    const { held } = this.#delivery;
    const silenced = this.#queue.clear(before);
    for (const speech of silenced) {
      this.interruptedAt.set(speech.message.seq, now());
      this.#note([{ type: 'unspoken', speech, end: { state: 'interrupted', spokenText: '' } }]);
    }
    if (held.length === 0 || held.some(({ speech }) => silenced.includes(speech)))
      this.#delivery.silence(() => {});
  }

  #own(): Delivery {
    const queue = new SpeechQueue();
    queue.adapt(this.#depth, () => undefined);
    this.#queue = queue;
    return new Delivery({
      queue,
      logger,
      onUncertain: this.#onUncertain,
      mayAct: () => true,
      captionOf: () => undefined,
      note: (facts) => {
        if (queue === this.#queue) this.#note(facts);
      },
      lost: () => {
        this.#lost = true;
      },
    });
  }

  #open(): ModelVendor {
    const vendor = new ModelVendor(now(), () => this.#treatments.shift() ?? sane);
    this.#vendors.push(vendor);
    return vendor;
  }

  #attach(vendor: ModelVendor, how?: Attachment): void {
    const delivery = this.#delivery;
    vendor.tell(delivery);
    const submit = (attempt: Attempt) => {
      this.#check(vendor, attempt);
      this.#written.set(attempt.piece.text, { state: 'submitting', at: Date.now() });
      vendor.submit(attempt);
    };
    delivery.attach({ submit, silence: () => vendor.silence() }, now(), how);
  }

  /** The worker dies; another goes on with its vendor session after `gap` ms. */
  #takeOver(gap: number): void {
    const vendor = this.#vendors.at(-1) ?? this.#open();
    vendor.tell(undefined);
    for (let waited = 0; waited < gap; waited += tickMs) {
      vi.advanceTimersByTime(tickMs);
      vendor.tick(now());
    }
    this.#delivery = this.#own();
    const begun = this.#speeches.filter(({ message }) => !this.ends.has(message.seq));
    const line = begun.flatMap(({ pieces }) =>
      pieces.map(({ text, expected }): Inherited => {
        return { record: this.#written.get(text), mode: 'repeat', expected };
      }),
    );
    const verdicts = settle(line, { attached: true, heard: true, onUncertain: this.#onUncertain });
    for (const { message, pieces } of begun) {
      const known = pieces.map(({ index, text, span, expected }) => {
        const verdict = verdicts.shift() ?? 'say';
        return { index, text, span, expected, verdict, record: this.#written.get(text) };
      });
      const { speech, perhaps } = inheritedSpeech(message, { pieces: known });
      this.#speeches[message.seq - 1] = speech;
      if (speech.pieces.some(({ state }) => state.name !== 'done')) {
        this.#queue.add(speech);
        if (perhaps) this.#delivery.inherit(perhaps.piece, perhaps.at);
      } else {
        const skipped = known.at(-1)?.verdict === 'skip';
        this.#note([
          skipped ? { type: 'unspoken', speech, end: uncertain } : { type: 'spoken', speech, at: now() },
        ]);
      }
    }
    this.#attach(vendor, { overheard: vendor.overheard });
  }

  /** One submission is in flight, unless the answer of the one before takes too long. */
  #check(vendor: ModelVendor, { piece }: Attempt): void {
    for (const other of vendor.pending) {
      if (now() - other.at < overtakenBound)
        this.wrong.push(`${piece.text} is submitted beside ${other.piece.text}`);
    }
  }

  #note(facts: Fact[]): void {
    for (const fact of facts) {
      const at = Date.now();
      switch (fact.type) {
        case 'piece.waiting':
          this.#written.set(fact.piece.text, { state: 'waiting', at });
          break;
        case 'piece.submitted':
        case 'piece.speaking': {
          const state = fact.type === 'piece.submitted' ? 'submitted' : 'speaking';
          const { piece, taskId } = fact;
          const since = at - (now() - fact.at);
          // adopted: its answer is no more waited for
          this.#vendors.at(-1)?.forget(piece);
          this.#written.set(piece.text, { state, at: since, ...(taskId && { taskId }) });
          break;
        }
        case 'piece.skipped':
          this.#written.set(fact.piece.text, { state: 'skipped', at });
          break;
        case 'piece.spoken':
          this.#written.set(fact.piece.text, { state: 'spoken', at });
          this.#spoken(fact.piece);
          break;
        case 'spoken':
          this.#ended(fact.speech, { state: 'spoken' });
          break;
        case 'unspoken':
          this.#ended(fact.speech, fact.end);
          break;
        case 'speaking':
      }
    }
  }

  #spoken(piece: Piece): void {
    const { seq } = piece.speech.message;
    const before = this.#speeches.slice(0, seq - 1).filter(({ message }) => !this.ends.has(message.seq));
    const open = piece.speech.pieces.slice(0, piece.index).filter(({ state }) => state.name !== 'done');
    if (before.length > 0 || open.length > 0) this.wrong.push(`${piece.text} counts as said too early`);
    if (!this.said.some((said) => said.piece.text === piece.text)) this.untrue.push(piece.text);
  }

  #ended(speech: Speech, end: End): void {
    const { seq } = speech.message;
    this.ends.set(seq, [...(this.ends.get(seq) ?? []), end]);
  }
}
