import { expect, test } from 'vitest';
import { AddedLatency } from './added-latency.ts';

test('every sixteenth packet counts, and the last 64 of them', () => {
  let now = 0;
  const latency = new AddedLatency(() => now);
  const send = (times: number, took: number): void => {
    for (let time = 0; time < times; time++) {
      now += 5;
      latency.sent(now - took);
    }
  };
  send(15, 9);
  expect(latency.percentiles).toBeUndefined();
  send(1, 0.25);
  expect(latency.percentiles).toEqual({ p50: 0.25, p99: 0.25 });
  send(16 * 62, 0.25);
  send(16, 40);
  expect(latency.percentiles).toEqual({ p50: 0.25, p99: 40 });
  send(16 * 64, 0.5);
  expect(latency.percentiles).toEqual({ p50: 0.5, p99: 0.5 });
});
