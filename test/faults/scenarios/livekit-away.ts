import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../kit/now.ts';
import type { Scenario } from '../kit/scenario.ts';
import { Trial } from '../kit/trial.ts';

export const livekitAway: Scenario = {
  summary: "the team's LiveKit is killed and gone for 4 minutes",
  async run({ provider, times = 1, seconds = 240, logs, say }) {
    const options = { stack: { workers: 1, logs }, cast: { provider, sessions: 3 }, say };
    return Trial.run(options, async (trial) => {
      const { stack } = trial;
      for (let time = 1; time <= times; time++) {
        const from = now();
        await stack.stage.kill();
        await sleep(seconds * 1_000);
        const bought = (await stack.vendor.sessions()).filter(({ openedAt }) => openedAt > from).length;
        say(`${bought} vendor sessions bought meanwhile`);
        await stack.stage.restart();
        const backAt = now();
        const seam = await trial.seam(backAt);
        trial.measures.note('vendor sessions bought meanwhile', '', [bought], { max: 0 });
        trial.measures.note('next words once it is back', 'ms', seam.nextWordsMs, { max: 5_000 });
        trial.measures.note('vendor sessions opened afterwards', '', [seam.vendorSessionsOpened], { max: 0 });
      }
    });
  },
};
