import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../kit/scenario.ts';
import type { Node } from '../kit/node.ts';
import { now } from '../kit/now.ts';
import { Trial } from '../kit/trial.ts';

type Killing = {
  kill: (node: Node) => Promise<void>;
  /** How late the vendor answers that it has taken an utterance, from some seconds before the kill on. */
  answersLateMs?: number;
};

const killing = (summary: string, { kill, answersLateMs }: Killing): Scenario => ({
  summary,
  async run({ provider, times = 20, logs, say }) {
    const options = { stack: { workers: 1, logs }, cast: { provider, sessions: 5 }, say };
    return Trial.run(options, async (trial) => {
      const { stack, cast } = trial;
      for (let time = 1; time <= times; time++) {
        await stack.startWorker();
        const owner = await stack.busiestWorker();
        if (answersLateMs !== undefined) {
          const late = { kind: 'delay', path: '/v1/streaming.task', phase: 'after', times: 'always' };
          await stack.vendor.fault({ ...late, ms: answersLateMs });
          await sleep(4_000);
        }
        const from = now();
        await kill(owner);
        await stack.vendor.clearFaults();
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

export const workerKilled = killing('kill -9 of the worker that owns 5 speaking sessions', {
  kill: (node) => node.kill(),
});
export const workerKilledHandingOver = killing(
  'the same while the vendor takes 1.5 s to say that it has an utterance',
  { kill: (node) => node.kill(), answersLateMs: 1_500 },
);
export const workerGroupKilled = killing('the same with its relay hosts, as when a container dies', {
  kill: (node) => node.killGroup(),
});
