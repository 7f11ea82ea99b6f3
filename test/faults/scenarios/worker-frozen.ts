import { setTimeout as sleep } from 'node:timers/promises';
import { now, sleepUntil } from '../kit/now.ts';
import { mostOwnerChanges } from '../kit/owners.ts';
import type { Scenario } from '../kit/scenario.ts';
import { Trial } from '../kit/trial.ts';

export const workerFrozen: Scenario = {
  summary: 'SIGSTOP of the worker that owns 3 speaking sessions for 20 s, then SIGCONT',
  async run({ provider, times = 10, seconds = 20, logs, say }) {
    const sessions = 3;
    return Trial.run({ stack: { workers: 1, logs }, cast: { provider, sessions }, say }, async (trial) => {
      const { stack } = trial;
      await stack.startWorker();
      for (let time = 1; time <= times; time++) {
        const owner = await stack.busiestWorker();
        const from = now();
        owner.freeze();
        const seam = await trial.seam(from);
        await sleepUntil(from + seconds * 1_000);
        const thawedAt = now();
        owner.thaw();
        // What a former owner does wrong, it does in its first seconds.
        await sleep(4_000);
        const after = await trial.seam(thawedAt);
        say(`  ${time} of ${times}`);
        trial.measures.note('next words', 'ms', seam.nextWordsMs, { p95: 5_000 });
        trial.measures.note('picture missing on the stage', 'ms', seam.videoGapMs, { p95: 500 });
        trial.measures.note('picture missing after it is back', 'ms', after.videoGapMs, { p95: 500 });
        const opened = seam.vendorSessionsOpened + after.vendorSessionsOpened;
        trial.measures.note('vendor sessions opened', '', [opened], { max: sessions });
      }
      if (stack.submissions.length > 0) {
        const beyond = mostOwnerChanges(stack.submissions) - times;
        trial.measures.note('owners changed without a takeover', '', [Math.max(0, beyond)], { max: 0 });
      }
    });
  },
};
