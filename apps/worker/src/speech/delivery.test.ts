import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  property,
  record,
} from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Treatment } from './testing/model-vendor.ts';
import { type Act, World } from './testing/world.ts';

const say: Arbitrary<Act> = record({
  type: constant('say' as const),
  pieces: integer({ min: 1, max: 3 }),
  expected: integer({ min: 500, max: 6_000 }),
});
const wait: Arbitrary<Act> = record({
  type: constant('wait' as const),
  ms: oneof(integer({ min: 100, max: 900 }), integer({ min: 1_000, max: 9_000 })),
});
const interrupt: Arbitrary<Act> = record({
  type: constant('interrupt' as const),
  spares: integer({ min: 0, max: 2 }),
});
const pause: Arbitrary<Act> = record({ type: constantFrom('suspend' as const, 'resume' as const) });
const lose: Arbitrary<Act> = record({ type: constant('lose' as const) });
const takeover: Arbitrary<Act> = record({
  type: constant('takeover' as const),
  gap: integer({ min: 500, max: 12_000 }),
});
const acts = (...among: Arbitrary<Act>[]): Arbitrary<Act[]> =>
  array(oneof(say, wait, wait, ...among), { minLength: 4, maxLength: 24, size: 'max' });

const treatment = (
  fates: Treatment['fate'][],
  latency: number,
  loses: Arbitrary<boolean>,
): Arbitrary<Treatment> =>
  record({
    latency: oneof(constant(50), integer({ min: 100, max: latency })),
    fate: constantFrom('taken' as const, ...fates),
    losesStart: loses,
    losesEnd: loses,
    pace: constantFrom(0.8, 1, 1.2),
  });
const anyVendor = array(treatment(['mute', 'deaf', 'refused'], 8_000, boolean()), {
  maxLength: 16,
  size: 'max',
});
/** Answers, if at all, before anybody stops waiting for that. */
const oddVendor = array(treatment(['mute', 'deaf', 'refused'], 2_400, boolean()), {
  maxLength: 16,
  size: 'max',
});
const slowVendor = array(treatment(['refused'], 2_400, constant(false)), { maxLength: 16, size: 'max' });
const depth = constantFrom(1, 2);
const policy = constantFrom('replay' as const, 'skip' as const);
const runs = { numRuns: 80 };

const run = (treatments: Treatment[], todo: Act[], queueDepth: number, onUncertain: 'replay' | 'skip') => {
  const world = new World(treatments, queueDepth, onUncertain);
  for (const act of todo) world.do(act);
  world.settle();
  return world;
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('whatever callers, the stage, the vendor and workers do', () => {
  it('messages are handed over one at a time and said in order, and each ends exactly once', () => {
    const anything = acts(interrupt, pause, lose, takeover);
    assert(
      property(anyVendor, anything, depth, policy, (vendor, todo, queueDepth, onUncertain) => {
        const world = run(vendor, todo, queueDepth, onUncertain);
        expect(world.wrong).toEqual([]);
        expect([...world.ends.values()].map((ends) => ends.length)).toEqual(world.messages.map(() => 1));
      }),
      runs,
    );
  });

  it('nothing counts as said that was not', () => {
    const anything = acts(interrupt, pause, lose, takeover);
    assert(
      property(oddVendor, anything, depth, policy, (vendor, todo, queueDepth, onUncertain) => {
        expect(run(vendor, todo, queueDepth, onUncertain).untrue).toEqual([]);
      }),
      runs,
    );
  });

  it('nothing is lost that was not interrupted, where uncertain utterances are said again', () => {
    assert(
      property(oddVendor, acts(pause, lose, takeover), depth, (vendor, todo, queueDepth) => {
        const world = run(vendor, todo, queueDepth, 'replay');
        const said = world.said.map(({ piece }) => piece.text);
        expect(new Set(said)).toEqual(
          new Set(world.messages.flatMap(({ pieces }) => pieces.map(({ text }) => text))),
        );
      }),
      runs,
    );
  });

  it('an interrupt holds, however late the vendor takes what was on its way', () => {
    assert(
      property(slowVendor, acts(interrupt, pause), depth, (vendor, todo, queueDepth) => {
        const world = run(vendor, todo, queueDepth, 'replay');
        const late = world.said.filter(({ piece, at }) => {
          return at > (world.interruptedAt.get(piece.speech.message.seq) ?? Infinity) + 100;
        });
        expect(late.map(({ piece }) => piece.text)).toEqual([]);
      }),
      runs,
    );
  });

  it('nothing is said twice by a vendor that only takes its time', () => {
    assert(
      property(slowVendor, acts(interrupt), depth, (vendor, todo, queueDepth) => {
        const said = run(vendor, todo, queueDepth, 'replay').said.map(({ piece }) => piece.text);
        expect(said).toEqual([...new Set(said)]);
      }),
      runs,
    );
  });

  it('nothing is said twice because its worker died while the relay went on', () => {
    assert(
      property(slowVendor, acts(takeover), (vendor, todo) => {
        const said = run(vendor, todo, 1, 'replay').said.map(({ piece }) => piece.text);
        expect(said).toEqual([...new Set(said)]);
      }),
      runs,
    );
  });
});
