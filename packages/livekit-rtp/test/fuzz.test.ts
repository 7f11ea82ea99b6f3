import { expect, test } from 'vitest';
import { fuzz } from './fuzz/fuzz-process.ts';
import type { SessionsReport } from './fuzz/sessions-fuzz.ts';

/** MB that the heap may have grown when ten times as much has been done. */
const GROWTH = 4;

test.concurrent(
  'a million packets and messages that are nearly right are read or refused, and leave nothing behind',
  { timeout: 180_000 },
  async () => {
    const report = await fuzz('parsers-fuzz.ts', import.meta.url);
    expect(report.inputs).toBeGreaterThan(1_000_000);
    expect(report.heapMb[1] - report.heapMb[0]).toBeLessThan(GROWTH);
  },
);

test.concurrent(
  'participants of a server that talks nonsense go on or end, and leave nothing behind',
  { timeout: 180_000 },
  async () => {
    const report = await fuzz<SessionsReport>('sessions-fuzz.ts', import.meta.url);
    expect(report.inputs).toBeGreaterThan(4_000);
    expect(report.answers).toBeGreaterThan(500);
    expect(report.heapMb[1] - report.heapMb[0]).toBeLessThan(GROWTH);
    // Connections that are being let go of have some.
    expect(report.handles[1] - report.handles[0]).toBeLessThan(10);
  },
);
