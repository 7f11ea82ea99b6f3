import type { MessageId } from '@avatar-bridge/contracts';
import type { MessageRecord, OwnedSession, SessionStore, Utterance } from '@avatar-bridge/session-store';
import { patiently } from '../patiently.ts';
import type { splitInherited } from '../speech/pieces.ts';
import type { Known } from '../speech/known.ts';
import type { MessageCommand } from '../speech/speech.ts';
import { type Circumstances, settle, type Verdict } from '../speech/uncertain.ts';

/** Messages looked at at once; of few has anything been begun. */
const pageSize = 20;

/** What became of the former owner's vendor session. */
export type Outcome = Omit<Circumstances, 'onUncertain'>;

export type TakeoverParts = {
  store: Pick<SessionStore, 'listMessages'>;
  owned: Pick<OwnedSession, 'id' | 'record' | 'message'>;
  /** A begun message's utterances, with what is written down of them. */
  split: (message: Pick<MessageCommand, 'text' | 'mode'>, records: readonly Utterance[]) => Line;
  /** Ends the waiting for Redis. */
  signal: AbortSignal;
};

type Line = ReturnType<typeof splitInherited>;
type Begun = { record: MessageRecord; line: Line };

/**
 * Works out what a former owner's avatar has said: of each message that it had begun, which utterances were
 * heard, which the vendor may still be saying, and which have to be said (again).
 */
export class Takeover {
  /** What is known of each begun message. Rejects only for a session that is lost. */
  readonly known: Promise<ReadonlyMap<MessageId, Known>>;
  readonly #parts: TakeoverParts;
  readonly #outcome = Promise.withResolvers<Outcome>();
  #silenced = false;

  constructor(parts: TakeoverParts) {
    this.#parts = parts;
    const { record } = parts.owned;
    const isFirst = record.liveAt === undefined && record.vendorSessions.length === 0;
    if (isFirst) this.decided({ attached: false, heard: false });
    this.known = isFirst ? Promise.resolve(new Map()) : this.#know();
    // whoever needs it asks for it
    this.known.catch(() => {});
  }

  /** Resolves when it is known what became of the former owner's vendor session. */
  get settled(): Promise<Outcome> {
    return this.#outcome.promise;
  }

  /** Says what became of it; only the first word counts. */
  decided(outcome: Outcome): void {
    this.#outcome.resolve(outcome);
  }

  /** Whatever the former owner's avatar is saying, it shall not go on. */
  silence(): void {
    this.#silenced = true;
  }

  get silenced(): boolean {
    return this.#silenced;
  }

  async #know(): Promise<ReadonlyMap<MessageId, Known>> {
    const begun = await this.#begun();
    const outcome = await this.settled;
    const line = begun.flatMap((message) =>
      message.line.map(({ record: recorded, expected }) => ({
        record: recorded,
        expected,
        mode: message.record.mode,
      })),
    );
    return knownOf(begun, settle(line, { ...outcome, onUncertain: this.#parts.owned.record.onUncertain }));
  }

  /** The messages that the former owner had begun, in order. */
  async #begun(): Promise<Begun[]> {
    const { owned, signal, split, store } = this.#parts;
    const begun: Begun[] = [];
    const query = { states: ['accepted', 'speaking'] as const, limit: pageSize };
    for (const message of await patiently(() => store.listMessages(owned.id, query), signal)) {
      const record = await patiently(() => owned.message(message.id), signal);
      if (record.utterances.length === 0) break;
      begun.push({ record, line: split(record, record.utterances) });
    }
    return begun;
  }
}

function knownOf(begun: readonly Begun[], verdicts: readonly Verdict[]): Map<MessageId, Known> {
  let at = 0;
  return new Map(
    begun.map(({ record, line }) => {
      const { id, speakingAt, submittedAt } = record;
      at += line.length;
      const pieces = line.map((piece, index) => ({
        ...piece,
        verdict: verdicts[at - line.length + index] ?? ('say' as const),
      }));
      return [id, { pieces, submittedAt, speakingAt }];
    }),
  );
}
