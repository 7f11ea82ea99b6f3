import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../kit/now.ts';
import type { Scenario } from '../kit/scenario.ts';
import { Trial } from '../kit/trial.ts';

const vendorStartMs = 3_000;

export const vendorDropped: Scenario = {
  summary: 'the vendor drops the sessions of 3 avatars in mid-utterance',
  async run({ provider, times = 5, logs, say }) {
    const options = { stack: { workers: 1, vendorStartMs, logs }, cast: { provider, sessions: 3 }, say };
    return Trial.run(options, async (trial) => {
      for (let time = 1; time <= times; time++) {
        await underWay(trial);
        const from = now();
        await trial.stack.vendor.fault({ kind: 'drop-session' });
        const seam = await trial.seam(from);
        say(`  ${time} of ${times}`);
        trial.measures.note('next words', 'ms', seam.nextWordsMs, { max: vendorStartMs + 500 });
        trial.measures.note('vendor sessions opened', '', [seam.vendorSessionsOpened], { max: 3 });
        await sleep(3_000);
      }
    });
  },
};

/** Until an utterance was begun, and is not at its end. */
async function underWay(trial: Trial): Promise<void> {
  const from = now();
  for (const { session } of trial.cast.chatbots.slice(0, 1))
    await trial.cast.wordsAfter(session, from, 20_000);
}
