import { expect, test } from 'vitest';
import { runChaos } from './chaos/run-chaos.ts';

test('in a minute of chaos nothing is lost, doubled, swapped or left behind', async () => {
  const told: string[] = [];
  const { findings, settled, ended, ledger, heals } = await runChaos({
    seed: 1,
    minutes: 0.7,
    sessions: 2,
    provider: 'heygen',
    vendorStartMs: 1_000,
    say: (line) => told.push(line),
  });
  expect({ findings, settled, ended, told }).toEqual({ findings: [], settled: true, ended: [], told });
  expect(ledger).toMatchObject({ leakedVendorSessions: 0, leakedRooms: 0 });
  expect(ledger.spoken).toBeGreaterThan(5);
  expect(heals.length).toBeGreaterThan(2);
});
