import { setTimeout as sleep } from 'node:timers/promises';
import { Measures } from '../kit/measures.ts';
import { now } from '../kit/now.ts';
import type { Scenario } from '../kit/scenario.ts';
import { FaultStack } from '../kit/stack.ts';
import { judge } from '../kit/trial.ts';

const vendorStartMs = 3_000;
/** ms that anything here may take at most. */
const patienceMs = 60_000;
const idleSeconds = 5;

export const parked: Scenario = {
  summary: '3 sessions that nobody uses or watches are parked, and each comes back for a message',
  async run({ provider, times = 6, sessions: count = 3, logs, say }) {
    const measures = new Measures();
    await using stack = await FaultStack.start({ workers: 1, vendorStartMs, logs });
    const { frontDoor, vendor } = stack;
    const request = { provider, limits: { idleSeconds } };
    const ids = await Promise.all(
      Array.from({ length: count }, async (_, n) => (await frontDoor.open(request, `open-${n}`)).id),
    );
    const state = async (id: string, wanted: string): Promise<number> => {
      for (const until = now() + patienceMs; now() < until; await sleep(20))
        if ((await frontDoor.session(id)).state === wanted) return now();
      throw new Error(`${id} did not become ${wanted}`);
    };
    await Promise.all(ids.map((id) => state(id, 'live')));
    let usedAt: number[] = [];
    let posted = 0;
    for (let time = 1; time <= times; time++) {
      const parkedAt = await Promise.all(ids.map((id) => state(id, 'parked')));
      const late = usedAt.map((at, n) => (parkedAt[n] ?? 0) - at - idleSeconds * 1_000);
      measures.note('parked, after the limit', 'ms', late, { max: 1_000 });
      measures.note('vendor sessions while parked', '', [(await vendor.open()).length], { max: 0 });
      usedAt = await Promise.all(
        ids.map(async (id, n) => {
          const from = now();
          const { id: messageId } = await frontDoor.say(id, { text: 'Here I am again.' }, `say-${time}-${n}`);
          posted += 1;
          for (const until = now() + patienceMs; now() < until; await sleep(20)) {
            const { speakingAt, finishedAt } = await frontDoor.message(id, messageId);
            if (finishedAt === undefined || speakingAt === undefined) continue;
            measures.note('message until it is spoken', 'ms', [speakingAt - from], {
              max: vendorStartMs + 500,
            });
            return finishedAt;
          }
          throw new Error(`${messageId} was not said`);
        }),
      );
      say(`  ${time} of ${times}`);
    }
    await Promise.all(ids.map((id) => frontDoor.end(id)));
    let left = await vendor.open();
    for (const until = now() + 10_000; left.length > 0 && now() < until; await sleep(100))
      left = await vendor.open();
    return judge({
      measures: measures.list(),
      ledger: {
        accepted: posted,
        spoken: posted,
        interrupted: 0,
        lost: 0,
        doubled: 0,
        swapped: 0,
        unheard: 0,
        forgotten: 0,
        leakedVendorSessions: left.length,
        leakedRooms: 0,
      },
      findings: [],
      settled: true,
    });
  },
};
