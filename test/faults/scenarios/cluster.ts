import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answersUntil } from '../kit/answers.ts';
import { Chatbot } from '../kit/chatbot.ts';
import { type Said, settle } from '../kit/ledger.ts';
import { Measures } from '../kit/measures.ts';
import { now } from '../kit/now.ts';
import { RedisCluster } from '../kit/redis-cluster.ts';
import type { Scenario, ScenarioOptions } from '../kit/scenario.ts';
import { partsIn } from '../kit/texts.ts';
import { judge, type Outcome } from '../kit/trial.ts';
import { Crew } from '../scale/crew.ts';
import { LeaseWatch } from '../scale/lease-watch.ts';

/** How long a node is away: the others notice. */
const awayMs = 3_000;
/** ms for everybody to speak again before the next node dies. */
const betweenMs = 8_000;
const interruptEveryMs = 1_500;
const settlingMs = 60_000;

export const cluster: Scenario = {
  summary: '3 gateways and 3 workers on a Redis Cluster, each node of which dies once',
  run,
};

async function run(options: ScenarioOptions): Promise<Outcome> {
  const { sessions: count = 45, seconds = 40, logs, say } = options;
  const directory = mkdtempSync(join(tmpdir(), 'faults-books-'));
  const books = join(directory, 'said.jsonl');
  await using redis = await RedisCluster.start(3);
  try {
    await using crew = await Crew.start({
      gateways: 3,
      workers: 3,
      slots: count,
      redisUrl: redis.url,
      redisPids: () => redis.nodes.map(({ process }) => process.pid),
      logs,
      env: { FAULTS_BOOKS: books },
    });
    const { frontDoor } = crew;
    const measures = new Measures();
    await using watch = new LeaseWatch(redis.nodes.map(({ access }) => access.url));
    const ids = await crew.open(count);
    say(`${ids.length} sessions are live`);
    const chatbots = ids.map(
      (sessionId, session) => new Chatbot({ frontDoor, sessionId, session, ahead: 2 }),
    );
    for (const chatbot of chatbots) chatbot.talk();
    const interrupting = new AbortController();
    const interrupts = interrupt(chatbots, interrupting.signal);

    watch.restart();
    const before = { at: now(), memory: await watch.usedMemory() };
    crew.measureCpu();
    await sleep(seconds * 1_000);
    crew.noteCpuAndMemory(measures);
    measures.note('leases', '', [watch.leases]);
    const unrenewed = watch.longestUnrenewedMs;
    measures.note('longest that a lease was not renewed', 'ms', [unrenewed], watch.inTime);
    const bytes = ((await watch.usedMemory()) - before.memory) / count / ((now() - before.at) / 3_600_000);
    measures.note('Redis, for a session and hour at this rate', 'MB', [bytes / 2 ** 20]);
    say(`undisturbed for ${seconds} s: oldest lease ${Math.round(unrenewed)} ms`);

    const redisKilledAt: number[] = [];
    const said = (): Said[] => readBooks(books);
    for (const [index, node] of redis.nodes.entries()) {
      redisKilledAt.push(now());
      await node.kill();
      const answers = await answersUntil(frontDoor, ids, now() + awayMs);
      measures.note('answered by a gateway meanwhile', 'ms', answers, { max: 1_000 });
      await node.restart();
      await redis.whole();
      const wholeAt = now();
      await sleep(betweenMs);
      const silences = chatbots.map(({ session }) => silence(said(), session, wholeAt));
      measures.note('silence once the Cluster was whole again', 'ms', silences, { max: 2_000 });
      say(`node ${index + 1} was away: silence ${Math.round(Math.max(...silences))} ms`);
    }
    interrupting.abort();
    await interrupts;
    await Promise.all(chatbots.map((chatbot) => chatbot.quiet()));
    const settled = await allSaid(crew, ids);
    const told = (await Promise.all(ids.map((id) => frontDoor.messages(id)))).flat();
    const { ledger, findings } = settle({
      posted: chatbots.flatMap(({ posted }) => posted),
      interrupts: chatbots.flatMap((chatbot) => chatbot.interrupts),
      told,
      said: said(),
      redisKilledAt,
      heard: () => true,
    });
    const opened = new Set(said().map(({ vendorSession }) => vendorSession)).size - ids.length;
    measures.note('vendor sessions opened meanwhile', '', [opened], { max: 0 });
    const none = { leakedVendorSessions: 0, leakedRooms: 0 };
    return judge({ ledger: { ...ledger, ...none }, findings, settled, measures: measures.list() });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function interrupt(chatbots: Chatbot[], signal: AbortSignal): Promise<void> {
  const kinds = ['call', 'interrupting-message', 'replacing-message'] as const;
  for (let turn = 0; !signal.aborted; turn++) {
    await sleep(interruptEveryMs, undefined, { signal }).catch(() => undefined);
    // Whether it was accepted, the chatbot knows.
    await chatbots[(turn * 7) % chatbots.length]
      ?.interrupt(kinds[turn % kinds.length])
      .catch(() => undefined);
  }
}

function readBooks(file: string): Said[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as Said);
}

/**
 * From `from`, or the end of what was being said then, until the next words; all the time when there were
 * none.
 */
function silence(said: Said[], session: number, from: number): number {
  const mine = said.filter(({ text }) => partsIn(text)[0]?.session === session);
  const spans = mine.map(({ startedAt = 0, stoppedAt = 0 }) => ({ startedAt, stoppedAt }));
  const going = Math.max(from, ...spans.filter((one) => one.startedAt < from).map((one) => one.stoppedAt));
  const next = Math.min(now(), ...spans.filter((one) => one.startedAt >= from).map((one) => one.startedAt));
  return Math.max(0, next - going);
}

async function allSaid({ frontDoor }: Crew, ids: string[]): Promise<boolean> {
  for (const until = now() + settlingMs; now() < until; await sleep(500)) {
    const sessions = await Promise.all(ids.map((id) => frontDoor.session(id)));
    if (sessions.every(({ pending }) => pending === 0)) return true;
  }
  return false;
}
