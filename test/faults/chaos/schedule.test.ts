import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultNames, faults, planChaos, type Step } from './schedule.ts';

const options = fc.record({
  seed: fc.integer(),
  minutes: fc.double({ min: 0.5, max: 30, noNaN: true }),
  sessions: fc.integer({ min: 1, max: 9 }),
});
const endOf = (step: Step): number => step.atMs + step.lastsMs;

test('the same seed plans the same chaos', () => {
  fc.assert(
    fc.property(options, (given) => {
      expect(planChaos(given)).toEqual(planChaos(given));
    }),
  );
  expect(planChaos({ seed: 1, minutes: 10, sessions: 4 })).not.toEqual(
    planChaos({ seed: 2, minutes: 10, sessions: 4 }),
  );
});

test('every fault begins and ends within the run, in order, for as long as it may last', () => {
  fc.assert(
    fc.property(options, (given) => {
      const { steps, interrupts } = planChaos(given);
      for (const [index, step] of steps.entries()) {
        const [least, most] = faults[step.fault].lastsMs;
        expect(step.lastsMs).toBeGreaterThanOrEqual(least);
        expect(step.lastsMs).toBeLessThanOrEqual(most);
        expect(step.atMs).toBeGreaterThanOrEqual(steps[index - 1]?.atMs ?? 0);
        expect(endOf(step)).toBeLessThanOrEqual(given.minutes * 60_000);
      }
      for (const { atMs, session } of interrupts) {
        expect(atMs).toBeLessThan(given.minutes * 60_000);
        expect(session).toBeLessThan(given.sessions);
      }
    }),
  );
});

test('at most two faults are under way at once, and they hit different planes', () => {
  fc.assert(
    fc.property(options, (given) => {
      const { steps } = planChaos(given);
      for (const step of steps) {
        const beside = steps.filter(
          (one) => one !== step && one.atMs < endOf(step) && step.atMs < endOf(one),
        );
        expect(beside.length).toBeLessThanOrEqual(1);
        for (const one of beside) expect(faults[one.fault].plane).not.toBe(faults[step.fault].plane);
      }
    }),
  );
});

test('every fault comes once before one comes twice', () => {
  fc.assert(
    fc.property(options, (given) => {
      const drawn = planChaos(given).steps.map(({ fault }) => fault);
      const counts = faultNames.map((name) => drawn.filter((fault) => fault === name).length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});
