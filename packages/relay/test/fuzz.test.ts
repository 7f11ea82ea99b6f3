import { expect, test } from 'vitest';
import { fuzz } from '../../livekit-rtp/test/fuzz/fuzz-process.ts';
import type { LegsReport } from './fuzz/legs-fuzz.ts';

test(
  'whatever comes from the vendor and from the stage, legs send one well-formed stream and keep nothing',
  { timeout: 180_000 },
  async () => {
    const report = await fuzz<LegsReport>('legs-fuzz.ts', import.meta.url);
    expect(report.inputs).toBeGreaterThan(300_000);
    for (const leg of report.legs) {
      expect(leg.packets).toBeGreaterThan(15_000);
      expect(leg.resent).toBeGreaterThan(50);
    }
    expect(report.heapMb[1] - report.heapMb[0]).toBeLessThan(4);
  },
);
