import type { Scenario } from '../kit/scenario.ts';
import type { Node } from '../kit/node.ts';
import { now } from '../kit/now.ts';
import { Trial } from '../kit/trial.ts';

const killing = (summary: string, kill: (node: Node) => Promise<void>): Scenario => ({
  summary,
  async run({ provider, times = 20, logs, say }) {
    const options = { stack: { workers: 1, logs }, cast: { provider, sessions: 5 }, say };
    return Trial.run(options, async (trial) => {
      const { stack, cast } = trial;
      for (let time = 1; time <= times; time++) {
        await stack.startWorker();
        const owner = await stack.busiestWorker();
        const from = now();
        await kill(owner);
        const seam = await trial.seam(from);
        say(`  ${time} of ${times}`);
        trial.measures.note('next words', 'ms', seam.nextWordsMs, { p95: 5_000 });
        trial.measures.note('picture missing on the stage', 'ms', seam.videoGapMs, { p95: 500 });
        trial.measures.note('voice missing on the stage', 'ms', seam.audioGapMs, { p95: 500 });
        trial.measures.note('vendor sessions opened', '', [seam.vendorSessionsOpened], {
          max: cast.chatbots.length,
        });
      }
    });
  },
});

export const workerKilled = killing('kill -9 of the worker that owns 5 speaking sessions', (node) =>
  node.kill(),
);
export const workerGroupKilled = killing('the same with its relay hosts, as when a container dies', (node) =>
  node.killGroup(),
);
