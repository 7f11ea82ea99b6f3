import { expect, test } from 'vitest';
import {
  aheadAt,
  type LineEvent,
  type LineFact,
  type LineState,
  next,
  positionAt,
  silent,
} from './line-state.ts';

const timing = { endGraceMs: 2_000, clearBoundMs: 1_500 };

/** A script of events, each with the facts that it brings to light. */
function play(script: readonly (readonly [LineEvent, ...LineFact[]])[], from: LineState = silent): LineState {
  let state = from;
  for (const [event, ...facts] of script) {
    const result = next(state, event, timing);
    expect({ event, facts: result.facts }).toEqual({ event, facts });
    state = result.state;
  }
  return state;
}

const sent = (id: string, soundMs: number, at: number): LineEvent => ({ type: 'sent', id, soundMs, at });
const completed = (id: string, at: number): LineEvent => ({ type: 'completed', id, at });
const started = (at: number, id?: string): LineEvent => ({ type: 'started', at, ...(id && { id }) });
const ended = (at: number, id?: string): LineEvent => ({ type: 'ended', at, ...(id && { id }) });
const looked = (at: number): LineEvent => ({ type: 'looked', at });
const is = (type: 'started' | 'ended', id: string): LineFact => ({ type, id });

const oneSaid = [
  [sent('a', 400, 0)],
  [sent('a', 1600, 10)],
  [completed('a', 10)],
] as const satisfies (readonly [LineEvent])[];

test.for<[string, ...(readonly [LineEvent, ...LineFact[]])[]]>([
  ['events with ids', [started(900, 'a'), is('started', 'a')], [ended(2900, 'a'), is('ended', 'a')]],
  ['states only', [started(900), is('started', 'a')], [ended(2900), is('ended', 'a')]],
  [
    'both, in any order, and more than once',
    [started(900), is('started', 'a')],
    [started(901, 'a')],
    [started(902)],
    [ended(2900, 'a'), is('ended', 'a')],
    [ended(2901)],
    [ended(2902)],
  ],
  ['an end whose start was lost', [ended(2900, 'a'), is('started', 'a'), is('ended', 'a')]],
  [
    'a start whose end was lost: by the clock',
    [started(900), is('started', 'a')],
    [looked(4899)],
    [looked(4900), is('ended', 'a')],
  ],
  ['no sign at all: nothing is claimed', [looked(2009)], [looked(4010)]],
])('says one utterance with %s', ([, ...script]) => {
  expect(play([...oneSaid, ...script])).toEqual(silent);
});

test('takes no stray end for its own', () => {
  const state = play([...oneSaid, [ended(20)], [ended(21, 'before')], [started(30, 'before')]]);
  expect(state).toMatchObject({ name: 'speaking', utterances: [{ id: 'a', begun: false }] });
});

test('takes a pause for want of sound for no end', () => {
  const state = play([
    [sent('a', 400, 0)],
    [started(100), is('started', 'a')],
    [ended(500)],
    [ended(500, 'a')],
    [looked(9000)],
    [sent('a', 1000, 9000)],
    [completed('a', 9000)],
    [looked(9999)],
    [ended(10_000), is('ended', 'a')],
  ]);
  expect(state).toEqual(silent);
});

test('knows how much was played and is held, from the start on', () => {
  const state = play([...oneSaid, [started(900), is('started', 'a')]]);
  expect(positionAt(state, 1400)).toBe(500);
  expect(aheadAt(state, 1400)).toBe(1500);
  expect(positionAt(state, 9999)).toBe(2000);
  expect(aheadAt(silent, 0)).toBe(0);
});

test('says two utterances without a rest: where the first ends is a matter of time', () => {
  const state = play([
    ...oneSaid,
    [started(100), is('started', 'a')],
    [sent('b', 3000, 200)],
    [completed('b', 200)],
    [looked(2099)],
    [looked(2100), is('ended', 'a'), is('started', 'b')],
    [ended(5100), is('ended', 'b')],
  ]);
  expect(state).toEqual(silent);
});

test('says two utterances, and follows a player that names them and takes a rest between', () => {
  const state = play([
    ...oneSaid,
    [sent('b', 1000, 20)],
    [completed('b', 20)],
    [started(900, 'a'), is('started', 'a')],
    [ended(2900, 'a'), is('ended', 'a')],
    [started(3500, 'b'), is('started', 'b')],
    [started(9999, 'b')],
  ]);
  expect(aheadAt(state, 3500)).toBe(1000);
  expect(play([[ended(4500, 'b'), is('ended', 'b')]], state)).toEqual(silent);
});

test('takes an end without a name for the one whose time it is', () => {
  const state = play([
    ...oneSaid,
    [started(100), is('started', 'a')],
    [sent('b', 800, 2050)],
    [completed('b', 2050)],
    [ended(2060), is('ended', 'a')],
    [looked(2100)],
    [started(2900), is('started', 'b')],
    [ended(3700), is('ended', 'b')],
  ]);
  expect(state).toEqual(silent);
});

test('tells once that the player fell silent too early, and waits for the clock', () => {
  const state = play([
    [sent('a', 4700, 0)],
    [completed('a', 0)],
    [started(1000), is('started', 'a')],
    [ended(1370), { type: 'cut-short', missingMs: 4330 }],
    [ended(1380, 'a')],
    [looked(7699)],
    [looked(7700), is('ended', 'a')],
  ]);
  expect(state).toEqual(silent);
});

test('an interrupt ends all, tells what was heard, and waits until the player is clear', () => {
  const script = [
    ...oneSaid,
    [sent('b', 1000, 20)],
    [started(100), is('started', 'a')],
    [
      { type: 'interrupted', at: 600 },
      { type: 'interrupted', id: 'a', heardMs: 500 },
      { type: 'interrupted', id: 'b', heardMs: 0 },
    ],
  ] as const satisfies (readonly [LineEvent, ...LineFact[]])[];
  const clearing = play(script);
  expect(clearing).toEqual({ name: 'clearing', until: 2100 });
  expect(play([[{ type: 'cleared', at: 700 }]], clearing)).toEqual(silent);
  expect(play([[started(650)], [ended(700)]], clearing)).toEqual(silent);
  expect(play([[looked(2099)]], clearing)).toEqual(clearing);
  expect(play([[looked(2100)]], clearing)).toEqual(silent);
});

test('an interrupt before the first sign was not heard', () => {
  const clearing = play([
    ...oneSaid,
    [
      { type: 'interrupted', at: 600 },
      { type: 'interrupted', id: 'a', heardMs: 0 },
    ],
  ]);
  expect(clearing).toEqual({ name: 'clearing', until: 2100 });
});

test('nothing happens to a silent line', () => {
  expect(
    play([
      [{ type: 'interrupted', at: 1 }],
      [{ type: 'cleared', at: 2 }],
      [ended(3)],
      [started(4)],
      [looked(5)],
    ]),
  ).toEqual(silent);
});
