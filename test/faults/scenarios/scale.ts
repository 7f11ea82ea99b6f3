import { setTimeout as sleep } from 'node:timers/promises';
import { sampleProcesses } from '../../../perf/relay/processes.ts';
import type { FrontDoor } from '../kit/front-door.ts';
import { Measures } from '../kit/measures.ts';
import { now, sleepUntil } from '../kit/now.ts';
import { ownRedis } from '../kit/own-server.ts';
import type { Scenario, ScenarioOptions } from '../kit/scenario.ts';
import { Crew } from '../scale/crew.ts';
import { LeaseWatch } from '../scale/lease-watch.ts';
import { judge, type Outcome } from '../kit/trial.ts';

type Plan = { gateways: number; workers: number };

/** ms between two messages of a session. */
const everyMs = 20_000;

const scale = (summary: string, plan: Plan): Scenario => ({ summary, run: (options) => run(plan, options) });

export const manySessions = scale('500 sessions without media on one worker', { gateways: 1, workers: 1 });
export const manyNodes = scale('the same on 3 workers behind 3 gateways', { gateways: 3, workers: 3 });

async function run(plan: Plan, options: ScenarioOptions): Promise<Outcome> {
  const { sessions: count = 500, seconds = 60, logs, say } = options;
  const redis = await ownRedis();
  try {
    await using crew = await Crew.start({
      ...plan,
      slots: count,
      redisUrl: redis.access.url,
      redisPids: () => [redis.process.pid],
      logs,
    });
    const { frontDoor, workers } = crew;
    const measures = new Measures();
    await using watch = new LeaseWatch([redis.access.url]);
    const sessions = await crew.open(count);
    say(`${sessions.length} sessions are live`);
    watch.restart();
    const before = { at: now(), memory: await watch.usedMemory() };
    crew.measureCpu();
    const until = now() + seconds * 1_000;
    const talking = talk(frontDoor, sessions, until);
    const memory: number[][] = workers.map(() => []);
    const look = async (): Promise<void> => {
      for (; now() < until; await sleep(Math.min(seconds * 50, 30_000))) {
        const mb = workers.map(({ process }) => Math.round(sampleProcesses([process.pid]).rssMb));
        for (const [index, one] of mb.entries()) memory[index]?.push(one);
        say(`workers: ${mb.join(', ')} MB; oldest lease ${Math.round(watch.longestUnrenewedMs)} ms`);
      }
    };
    const [posted] = await Promise.all([talking, look()]);
    await sleep(8_000);
    const tookMs = now() - before.at;
    crew.noteCpuAndMemory(measures);
    measures.note('memory, second half over first', '%', grown(memory), { max: 105 });
    measures.note('leases', '', [watch.leases]);
    measures.note('longest that a lease was not renewed', 'ms', [watch.longestUnrenewedMs], watch.inTime);
    const bytes = ((await watch.usedMemory()) - before.memory) / count / (tookMs / 3_600_000);
    measures.note('Redis, for a session and hour at this rate', 'MB', [bytes / 2 ** 20]);
    return judge({ ...(await settle(frontDoor, sessions, posted, measures)), measures: measures.list() });
  } finally {
    await redis.stop();
  }
}

/** By how much the largest size of the second half exceeds that of the first, for each worker. */
const grown = (memory: number[][]): number[] =>
  memory.map((sizes) => {
    const half = Math.ceil(sizes.length / 2);
    return (100 * Math.max(...sizes.slice(half))) / Math.max(...sizes.slice(0, half));
  });

/** Each session says something every 20 s, spread evenly. Resolves to how many messages were accepted. */
async function talk(frontDoor: FrontDoor, ids: string[], until: number): Promise<number> {
  const from = now();
  const posted = await Promise.all(
    ids.map(async (id, index) => {
      let accepted = 0;
      for (let at = from + (everyMs * index) / ids.length; at < until; at += everyMs) {
        await sleepUntil(at);
        await frontDoor.say(id, { text: `This is message ${accepted}.` }, `message-${accepted}`);
        accepted++;
      }
      return accepted;
    }),
  );
  return posted.reduce((sum, one) => sum + one, 0);
}

/** There is no vendor whose books could be read: what the API says of each message must do. */
async function settle(
  frontDoor: FrontDoor,
  ids: string[],
  accepted: number,
  measures: Measures,
): Promise<Pick<Outcome, 'ledger' | 'findings' | 'settled'>> {
  let spoken = 0;
  const waited: number[] = [];
  for (const id of ids) {
    for (const message of await frontDoor.messages(id)) {
      if (message.state === 'spoken') spoken++;
      if (message.waitedMs !== undefined) waited.push(message.waitedMs);
    }
  }
  measures.note('accepted until the vendor had it', 'ms', waited);
  const none = { interrupted: 0, doubled: 0, swapped: 0, unheard: 0, forgotten: 0 };
  const ledger = {
    accepted,
    spoken,
    lost: accepted - spoken,
    ...none,
    leakedVendorSessions: 0,
    leakedRooms: 0,
  };
  return { ledger, findings: [], settled: true };
}
