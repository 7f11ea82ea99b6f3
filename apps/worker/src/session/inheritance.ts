import { setTimeout as delay } from 'node:timers/promises';
import type { MessageId, VendorSession } from '@avatar-bridge/contracts';
import {
  type MessageRecord,
  type OwnedSession,
  type SessionStore,
  StoreUnavailableError,
  type Utterance,
} from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type { Providers } from '../providers/providers.ts';
import type { splitInherited } from '../speech/pieces.ts';
import type { Known } from '../speech/known.ts';
import type { MessageCommand } from '../speech/speech.ts';
import { type Inherited, settle, type Verdict, worthWaiting } from '../speech/uncertain.ts';
import { within } from '../within.ts';
import type { VendorSessions } from './vendor-sessions.ts';
import { now } from '../clock.ts';

/** Messages looked at at once; of few has anything been begun. */
const pageSize = 20;
/** ms that messages wait to hear how long the former vendor session was open. */
const reapPatience = 3_000;

export type InheritanceParts = {
  store: Pick<SessionStore, 'listMessages'>;
  owned: Pick<OwnedSession, 'id' | 'record' | 'message'>;
  providers: Providers;
  vendorSessions: VendorSessions;
  /** A begun message's utterances, with what is written down of them. */
  split: (message: Pick<MessageCommand, 'text' | 'mode'>, records: readonly Utterance[]) => Line;
  logger: Logger;
};

type Line = ReturnType<typeof splitInherited>;
type Begun = { record: MessageRecord; line: Line };

/**
 * What a former owner left behind: vendor sessions, which are stopped, and messages it had begun, of which is concluded what was said.
 * If the avatar is about to end an utterance, it may: its relay outlives its worker for a while, so viewers hear it.
 */
export class Inheritance {
  /** What is known of each begun message, once the vendor sessions are stopped. Never rejects, but for a session that is lost. */
  readonly known: Promise<ReadonlyMap<MessageId, Known>>;
  /** Resolves when the vendor sessions are stopped, or left to the sweep. */
  readonly gone: Promise<unknown>;
  readonly #parts: InheritanceParts;
  readonly #hurry = new AbortController();

  constructor(parts: InheritanceParts) {
    this.#parts = parts;
    const gone = Promise.withResolvers<unknown>();
    this.gone = gone.promise;
    this.known = this.#take(gone.resolve);
    // whoever needs it asks for it
    this.known.catch(() => {});
  }

  /** Silences the avatar now, whatever it is saying. */
  hurry(): void {
    this.#hurry.abort();
  }

  async #take(gone: (when: unknown) => void): Promise<ReadonlyMap<MessageId, Known>> {
    const { record } = this.#parts.owned;
    if (record.liveAt === undefined && record.vendorSessions.length === 0) {
      gone(undefined);
      return new Map();
    }
    const begun = await this.#begun().catch((error: unknown) => {
      gone(this.#stop());
      throw error;
    });
    const line = begun.flatMap((message) => inherited(message));
    await this.#listenToTheEnd(line);
    const stopped = this.#stop();
    gone(stopped);
    const openUntil = await within(stopped, reapPatience);
    return knownOf(
      begun,
      settle(line, { attached: false, heard: true, openUntil, onUncertain: record.onUncertain }),
    );
  }

  /** The messages that the former owner had begun, in order. */
  async #begun(): Promise<Begun[]> {
    const { owned, split, store } = this.#parts;
    const begun: Begun[] = [];
    for (const message of await this.#patiently(() =>
      store.listMessages(owned.id, { states: ['accepted', 'speaking'], limit: pageSize }),
    )) {
      // oxlint-disable-next-line no-await-in-loop -- one behind which nothing was begun ends it
      const record = await this.#patiently(() => owned.message(message.id));
      if (record.utterances.length === 0) break;
      begun.push({ record, line: split(record, record.utterances) });
    }
    return begun;
  }

  async #listenToTheEnd(line: readonly Inherited[]): Promise<void> {
    const from = now();
    const until = worthWaiting(line, from);
    const { owned, providers } = this.#parts;
    const newest = owned.record.vendorSessions.at(-1);
    if (until === from || !newest || !providers.get(newest.provider)?.capabilities.finishesAlone) return;
    this.#parts.logger.info({ ms: Math.round(until - from) }, 'the avatar may end its utterance');
    await delay(until - from, undefined, { signal: this.#hurry.signal }).catch(() => {});
  }

  /** Stops all; returns until when the newest was open, and speaking by itself, for certain. */
  async #stop(): Promise<number | undefined> {
    const { logger, owned, providers, vendorSessions } = this.#parts;
    const stop = async (ref: VendorSession): Promise<number | undefined> => {
      const at = now();
      const provider = providers.get(ref.provider);
      if (!provider) {
        logger.error(
          { provider: ref.provider },
          'a vendor session is left to workers that have its provider',
        );
        return undefined;
      }
      const found = await vendorSessions.stop(ref, 'its worker is gone', () => provider.reap(ref));
      return found?.wasOpen && provider.capabilities.finishesAlone ? at : undefined;
    };
    return (await Promise.all(owned.record.vendorSessions.map(stop))).at(-1);
  }

  async #patiently<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        return await read();
      } catch (error) {
        if (!(error instanceof StoreUnavailableError) || this.#hurry.signal.aborted) throw error;
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        await delay(error.retryAfter);
      }
    }
  }
}

function knownOf(begun: readonly Begun[], verdicts: readonly Verdict[]): Map<MessageId, Known> {
  let at = 0;
  return new Map(
    begun.map(({ record, line }) => {
      const { id, speakingAt, submittedAt } = record;
      at += line.length;
      const pieces = line.map((piece, index) => {
        return { ...piece, verdict: verdicts[at - line.length + index] ?? 'say' };
      });
      return [id, { pieces, submittedAt, speakingAt }];
    }),
  );
}

function inherited({ record: { mode }, line }: Begun): Inherited[] {
  return line.map(({ record, expected }) => ({ record, mode, expected }));
}
