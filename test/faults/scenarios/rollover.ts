import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../kit/now.ts';
import type { Scenario } from '../kit/scenario.ts';
import { Trial } from '../kit/trial.ts';

export const rollover: Scenario = {
  summary: 'a vendor session may last 30 s, for 3 avatars that speak all the time',
  async run({ provider, times = 20, seconds = 30, logs, say }) {
    const simulator = {
      SIMULATOR_SESSION_DURATION_LIMIT: String(seconds),
      SIMULATOR_MAX_SESSION_DURATION: String(seconds),
    };
    const options = { stack: { workers: 1, logs, env: { simulator } }, cast: { provider, sessions: 3 }, say };
    return Trial.run(options, async (trial) => {
      const from = now();
      let rolled = 0;
      while (rolled < times * 3 && now() - from < times * seconds * 1_500) {
        await sleep(5_000);
        const sessions = await trial.stack.vendor.sessions();
        rolled = sessions.filter(({ openedAt }) => openedAt > from).length;
        say(`rolled over ${rolled} times in all`);
      }
      const seam = await trial.seam(from, now());
      const cut = (await trial.stack.vendor.sessions()).filter(
        ({ closeReason }) => closeReason === 'duration-limit',
      ).length;
      trial.measures.note('rolled over', '', [rolled]);
      trial.measures.note('vendor sessions that met their limit', '', [cut], { max: 0 });
      trial.measures.note('between pictures of the film', 'ms', seam.frameGapMs, { max: 50 });
      trial.measures.note('picture missing on the stage', 'ms', seam.videoGapMs, { max: 200 });
      trial.measures.note('voice missing on the stage', 'ms', seam.audioGapMs, { max: 200 });
      trial.measures.note('utterances cut', '', [seam.cut], { max: 0 });
    });
  },
};
