import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../kit/now.ts';
import type { Scenario } from '../kit/scenario.ts';
import { Trial } from '../kit/trial.ts';

export const vendorRefusing: Scenario = {
  summary: 'the vendor drops all sessions and answers 500 for 5 minutes',
  async run({ provider, times = 1, seconds = 300, logs, say }) {
    const options = { stack: { workers: 1, logs }, cast: { provider, sessions: 3 }, say };
    return Trial.run(options, async (trial) => {
      const { stack, cast } = trial;
      for (let time = 1; time <= times; time++) {
        await stack.vendor.fault({ kind: 'refuse', path: '*', status: 500, times: 'always' });
        await stack.vendor.fault({ kind: 'drop-session' });
        await sleep(seconds * 1_000);
        const states = await Promise.all(
          cast.chatbots.map(async ({ sessionId }) => (await stack.frontDoor.session(sessionId)).state),
        );
        say(`sessions are ${states.join(', ')}`);
        trial.measures.note('sessions that ended', '', [states.filter((state) => state === 'ended').length], {
          max: 0,
        });
        await stack.vendor.clearFaults();
        const seam = await trial.seam(now());
        trial.measures.note('next words once it is back', 'ms', seam.nextWordsMs);
        trial.measures.note('vendor sessions opened', '', [seam.vendorSessionsOpened], { max: 3 });
      }
    });
  },
};
