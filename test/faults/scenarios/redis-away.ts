import { setTimeout as sleep } from 'node:timers/promises';
import { answersUntil } from '../kit/answers.ts';
import { now, sleepUntil } from '../kit/now.ts';
import type { Scenario } from '../kit/scenario.ts';
import { Trial } from '../kit/trial.ts';

async function away(
  trial: Trial,
  { ms, go, comeBack }: { ms: number; go: () => unknown; comeBack: () => unknown },
): Promise<void> {
  const from = now();
  await go();
  // What was asked before it stood still may be answered still.
  await sleep(100);
  const ids = trial.cast.chatbots.map(({ sessionId }) => sessionId);
  const answers = answersUntil(trial.stack.frontDoor, ids, from + ms);
  await sleepUntil(from + ms);
  const backAt = now();
  await comeBack();
  const seam = await trial.seam(from, backAt);
  trial.measures.note('answered by a gateway meanwhile', 'ms', await answers, { max: 1_000 });
  trial.measures.note('silence once it is back', 'ms', seam.silenceMs, { max: 2_000 });
  trial.measures.note('picture missing on the stage', 'ms', seam.videoGapMs, { max: 200 });
  trial.measures.note('voice missing on the stage', 'ms', seam.audioGapMs, { max: 200 });
  trial.noteUntouched(seam);
  await sleep(4_000);
}

export const redisFrozen: Scenario = {
  summary: 'Redis answers nothing for 1, 3, 10 and 30 s',
  async run({ provider, times = 1, seconds, logs, say }) {
    const lengths = seconds === undefined ? [1, 3, 10, 30] : [seconds];
    const options = { stack: { workers: 2, logs }, cast: { provider, sessions: 4 }, say };
    return Trial.run(options, async (trial) => {
      const { redis } = trial.stack;
      for (const length of Array.from({ length: times }, () => lengths).flat()) {
        say(`frozen for ${length} s`);
        await away(trial, { ms: length * 1_000, go: () => redis.freeze(), comeBack: () => redis.thaw() });
      }
    });
  },
};

export const redisKilled: Scenario = {
  summary: 'Redis is killed under load and started again after 2 s',
  async run({ provider, times = 3, seconds = 2, logs, say }) {
    const options = { stack: { workers: 2, logs }, cast: { provider, sessions: 4 }, say };
    return Trial.run(options, async (trial) => {
      const { redis } = trial.stack;
      for (let time = 1; time <= times; time++) {
        say(`killed, ${time} of ${times}`);
        trial.cast.redisKilledAt.push(now());
        await away(trial, { ms: seconds * 1_000, go: () => redis.kill(), comeBack: () => redis.restart() });
      }
    });
  },
};
