import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Piece, speechOf } from './speech.ts';
import {
  type Attempt,
  attemptOf,
  callsOf,
  idle,
  next,
  overtakenBound,
  overtakenOf,
  type Submission,
  type SubmissionEvent,
} from './submission.ts';

const speech = speechOf(
  { type: 'message', id: 'msg_1', seq: 1, mode: 'repeat', text: 'a b', acceptedAt: 0 },
  ['a', 'b'].map((text, index) => ({ index, text, span: [index, index + 1], expected: 1_000 })),
);
const [first, second] = speech.pieces as [Piece, Piece];
const attempt: Attempt = { piece: first, at: 0 };
const later: Attempt = { piece: second, at: 1 };

const submit = { type: 'submit', attempt } as const;
const taken = { type: 'taken', attempt, taskId: 't', at: 5 } as const;
const refused = { type: 'refused', attempt, at: 5, retryAfter: undefined } as const;
const doubtful = { type: 'doubtful', attempt, at: 5, retryAfter: undefined } as const;
const postponed = { type: 'postponed', attempt, notBefore: 0 } as const;
const silence = { type: 'silence' } as const;
const silenced = { type: 'silenced', at: 100 } as const;
const overdue = { type: 'look', at: 100 + overtakenBound } as const;

const after = (...events: SubmissionEvent[]): Submission => events.reduce(next, idle);
const fresh = { tries: 0, notBefore: 0 };
const silencing = (calls: number, overtaken?: Attempt) => ({ name: 'silencing', calls, overtaken, ...fresh });

describe('a submission', () => {
  it.each<[string, SubmissionEvent[], object]>([
    ['is over when the vendor has it', [submit, taken], idle],
    [
      'is one at a time',
      [submit, { type: 'submit', attempt: later }],
      { name: 'handing', attempt, ...fresh },
    ],
    [
      'is tried again later when it was refused',
      [submit, refused],
      { name: 'idle', tries: 1, notBefore: 5 + 200 },
    ],
    [
      'when the vendor says',
      [submit, { ...refused, retryAfter: 3_000 }],
      { name: 'idle', tries: 1, notBefore: 3_005 },
    ],
    ['later each time', [submit, refused, submit, refused], { name: 'idle', tries: 2, notBefore: 5 + 400 }],
    ['with the tries forgotten once one is taken', [submit, refused, submit, taken], idle],
    [
      'is no try when it was not given to the vendor',
      [submit, { ...postponed, notBefore: 250 }],
      { name: 'idle', tries: 0, notBefore: 250 },
    ],
    [
      'waits for a sign when its answer was lost',
      [submit, doubtful],
      { name: 'unanswered', attempt, tries: 1, notBefore: 205 },
    ],
    ['which may say that the vendor has it', [submit, doubtful, { type: 'adopted' }], idle],
    ['also before the answer came', [submit, { type: 'adopted' }], idle],
    [
      'or that it has not: then the vendor is told that it is not wanted',
      [submit, doubtful, { type: 'missed' }],
      { ...silencing(1), tries: 1, notBefore: 205 },
    ],
    ['is not missed before it was answered', [submit, { type: 'missed' }], after(submit)],
    [
      'of a former owner waits for a sign, too',
      [{ type: 'inherit', attempt }],
      { name: 'unanswered', attempt },
    ],
    ['is forgotten with its vendor session', [submit, refused, submit, { type: 'lost' }], idle],
  ])('%s', (_, events, state) => {
    expect(after(...events)).toMatchObject(state);
  });
});

describe('an interrupt', () => {
  it.each<[string, SubmissionEvent[], object]>([
    ['lasts until the vendor was told', [silence], silencing(1)],
    ['and no longer when nothing was on its way', [silence, silenced], idle],
    ['lasts until all calls are answered', [silence, silence, silenced], silencing(1)],
    ['lets nothing be submitted', [silence, submit], silencing(1)],
    ['overtakes what is on its way', [submit, silence], silencing(1, attempt)],
    [
      'and waits for its answer',
      [submit, silence, silenced],
      { name: 'overtaken', attempt, until: 100 + overtakenBound },
    ],
    ['which may be that the vendor never took it', [submit, silence, silenced, refused], idle],
    ['or it was given up in time', [submit, silence, silenced, postponed], idle],
    ['also before the vendor was told', [submit, silence, postponed, silenced], idle],
    ['is repeated when the vendor took it after all', [submit, silence, silenced, taken], silencing(1)],
    ['also before the vendor was told', [submit, silence, taken], silencing(2)],
    ['is repeated when nobody knows', [submit, silence, silenced, doubtful], silencing(1)],
    ['is repeated when the answer takes too long', [submit, silence, silenced, overdue], silencing(1)],
    [
      'not before the bound',
      [submit, silence, silenced, { ...overdue, at: overdue.at - 1 }],
      { name: 'overtaken' },
    ],
    [
      'is repeated when it is answered even later, whatever is said by then',
      [submit, silence, silenced, overdue, silenced, { type: 'submit', attempt: later }, taken],
      silencing(1, later),
    ],
    [
      'is not when it was refused that late',
      [submit, silence, silenced, overdue, silenced, { type: 'submit', attempt: later }, refused],
      { name: 'handing', attempt: later },
    ],
    [
      'while an interrupt waits for an answer keeps waiting for it',
      [submit, silence, silenced, silence, silenced],
      { name: 'overtaken', attempt },
    ],
    ['needs no answer of what was lost already', [submit, doubtful, silence, silenced], { name: 'idle' }],
  ])('%s', (_, events, state) => {
    expect(after(...events)).toMatchObject(state);
  });
});

describe('a submission, whatever happens,', () => {
  const attempts = [attempt, later];
  const anything = record({
    type: constantFrom(
      ...(['submit', 'inherit', 'taken', 'refused', 'postponed', 'doubtful'] as const),
      ...(['adopted', 'missed', 'silence', 'silenced', 'look', 'lost'] as const),
    ),
    attempt: constantFrom(...attempts),
    at: integer({ min: 0, max: 100_000 }),
    notBefore: integer({ min: 0, max: 100_000 }),
    taskId: constantFrom('t'),
    retryAfter: constantFrom(undefined),
  });

  it('is wanted or being silenced, never both, and calls can be counted', () => {
    assert(
      property(array(anything, { maxLength: 40 }), (events) => {
        let state = idle;
        for (const event of events) {
          const before = state;
          state = next(state, event);
          expect(attemptOf(state) !== undefined && overtakenOf(state) !== undefined).toBe(false);
          expect(state.name === 'silencing').toBe(callsOf(state) > 0);
          expect(callsOf(state) - callsOf(before)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('begins only when all is quiet', () => {
    assert(
      property(array(anything, { maxLength: 40 }), (events) => {
        let state = idle;
        for (const event of events) {
          const before = state;
          state = next(state, event);
          expect(state.name !== 'handing' || state === before || before.name === 'idle').toBe(true);
        }
      }),
    );
  });

  it('is idle again once every call is answered and the bound has passed', () => {
    assert(
      property(array(anything, { maxLength: 40 }), (events) => {
        let state = next(events.reduce(next, idle), silence);
        for (let calls = 0; calls < 60 && state.name !== 'idle'; calls++) {
          state = next(state, { type: 'silenced', at: 0 });
          state = next(state, { type: 'look', at: overtakenBound });
        }
        expect(state.name).toBe('idle');
      }),
    );
  });
});
