import { now } from '../kit/now.ts';
import type { Scenario } from '../kit/scenario.ts';
import { Trial } from '../kit/trial.ts';

export const rollingRestart: Scenario = {
  summary: 'both workers of 10 speaking sessions are replaced, one after the other',
  async run({ provider, times = 1, logs, say }) {
    const options = { stack: { workers: 2, logs }, cast: { provider, sessions: 10 }, say };
    return Trial.run(options, async (trial) => {
      const { stack } = trial;
      for (let time = 1; time <= times; time++) {
        for (const node of stack.workers.filter(({ alive }) => alive)) {
          await stack.startWorker();
          const from = now();
          const code = await node.drain();
          say(`${node.name} left with ${code} after ${Math.round(now() - from)} ms`);
          trial.measures.note('time to leave', 'ms', [now() - from], { max: 22_000 });
          trial.measures.note('exit code', '', [code ?? 255], { max: 0 });
          const seam = await trial.seam(from, now());
          trial.measures.note('picture missing on the stage', 'ms', seam.videoGapMs, { max: 200 });
          trial.measures.note('voice missing on the stage', 'ms', seam.audioGapMs, { max: 200 });
          trial.measures.note('utterances cut', '', [seam.cut], { max: 0 });
          trial.measures.note('vendor sessions opened', '', [seam.vendorSessionsOpened], { max: 0 });
        }
      }
    });
  },
};
