// Gives legs packets that are nearly right: `node legs-fuzz.ts <seed>`.
import { feed, finish } from '../../../livekit-rtp/test/fuzz/feed.ts';
import type { FuzzReport } from '../../../livekit-rtp/test/fuzz/fuzz-process.ts';
import { Random } from '../../../livekit-rtp/test/fuzz/random.ts';
import type { LegStats } from '../../src/engines/rtp/outbound/leg.ts';
import { legTarget } from './leg-target.ts';

export type LegsReport = FuzzReport & { legs: LegStats[] };

const random = new Random(Number(process.argv[2]));
const targets = [
  legTarget(random, 'video', 'video/vp8', 120_000),
  legTarget(random, 'video', 'video/h264', 120_000),
  legTarget(random, 'audio', 'audio/opus', 80_000),
];
const report: LegsReport = { ...feed(targets), legs: targets.map(({ stats }) => stats()) };
finish(report);
