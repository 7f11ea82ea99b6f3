import type { SessionId } from '@avatar-bridge/contracts';
import {
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
} from 'fast-check';
import { expect, test } from 'vitest';
import { compareEntryIds } from '../src/ids.ts';
import type { OwnedSession, QueuedCommand, SessionStore } from '../src/index.ts';
import { collect, createSession, eventually, openStore, post } from './support.ts';

const step = oneof(
  record({ do: constant('post' as const), count: integer({ min: 1, max: 5 }) }),
  record({
    do: constant('finish' as const),
    which: nat(10),
    state: constantFrom('spoken', 'interrupted', 'expired', 'failed'),
  }),
  constant({ do: 'interrupt' as const }),
  constant({ do: 'handle' as const }),
  constant({ do: 'crash' as const }),
);

/** A session, what it must hold, and the owner it has now with all it has read. */
class Model {
  readonly #store: SessionStore;
  readonly id: SessionId;
  /** All that was accepted, in order. */
  readonly accepted: string[] = [];
  readonly finished = new Set<string>();
  seen: QueuedCommand[] = [];
  #owner: OwnedSession | undefined;
  #epoch = 0;
  #stop = new AbortController();
  #reading: Promise<unknown> = Promise.resolve();
  /** What was finished before this owner came. */
  #before = new Set<string>();

  constructor(store: SessionStore, id: SessionId) {
    this.#store = store;
    this.id = id;
  }

  get open(): string[] {
    return this.accepted.filter((id) => id.startsWith('msg_') && !this.finished.has(id));
  }

  async post(count: number): Promise<void> {
    const posted = await Promise.all(
      Array.from({ length: count }, (_, i) => post(this.#store, this.id, `text ${i}`)),
    );
    this.accepted.push(...posted.toSorted((a, b) => a.seq - b.seq).map(({ id }) => id));
  }

  async finish(which: number, state: 'spoken' | 'interrupted' | 'expired' | 'failed'): Promise<void> {
    const id = this.open[which % Math.max(1, this.open.length)];
    if (id === undefined) return;
    await this.#owner?.updateMessage(id, { state });
    this.finished.add(id);
  }

  async interrupt(): Promise<void> {
    const { id } = (await this.#store.interrupt(this.id)).interrupt;
    if (!this.accepted.includes(id)) this.accepted.push(id);
  }

  async handle(): Promise<void> {
    const interrupt = this.seen.find(({ id, type }) => type === 'interrupt' && !this.finished.has(id));
    if (!interrupt) return;
    await this.#owner?.advance(interrupt.entryId);
    this.finished.add(interrupt.id);
  }

  /** A new owner without a word of the former. */
  async crash(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    this.#before = new Set(this.finished);
    this.seen = [];
    this.#stop = new AbortController();
    this.#owner = await this.#store.claim(this.id, { epoch: ++this.#epoch, worker: `w${this.#epoch}` });
    this.#reading = collect(this.#owner.commands({ signal: this.#stop.signal }), this.seen);
  }

  /** What is wrong, once the owner has read all that is unfinished. */
  async faults(): Promise<string[]> {
    await eventually(() => this.open.every((id) => this.seen.some((command) => command.id === id)));
    const ids = this.seen.map(({ id }) => id);
    const places = this.seen.map(({ entryId }) => entryId);
    const { pending } = await this.#store.getSession(this.id);
    const rules: [string, boolean][] = [
      [
        'something is out of order, double or made up',
        !same(
          ids,
          this.accepted.filter((id) => ids.includes(id)),
        ),
      ],
      ['the places are out of order', !same(places, places.toSorted(compareEntryIds))],
      [
        'what was finished came again',
        this.seen.some(({ id, type }) => type === 'message' && this.#before.has(id)),
      ],
      ['pending is wrong', pending !== this.open.length],
    ];
    return rules.flatMap(([rule, broken]) => (broken ? rule : []));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }
}

const same = (a: string[], b: string[]) => a.join() === b.join();

test('whatever is posted, finished in any order, interrupted and crashed: each owner reads all that is unfinished, in order', async () => {
  const store = await openStore();
  await assert(
    asyncProperty(array(step, { maxLength: 30 }), async (steps) => {
      const model = new Model(store, await createSession(store));
      await model.crash();
      for (const action of steps) {
        if (action.do === 'post') await model.post(action.count);
        else if (action.do === 'finish') await model.finish(action.which, action.state);
        else await model[action.do]();
        expect(await model.faults()).toEqual([]);
      }
      await model.close();
    }),
    { numRuns: 30 },
  );
}, 120_000);
