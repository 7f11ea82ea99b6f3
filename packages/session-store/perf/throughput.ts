/**
 * What the store does in a second, from one process over one connection.
 *
 *     node packages/session-store/perf/throughput.ts redis://127.0.0.1:6379 [messages]
 *
 * Prints one JSON object. Use a Redis that persists as in production (appendonly yes, appendfsync everysec); it leaves one account behind,
 * whose sessions expire a minute later.
 */
import { randomUUID } from 'node:crypto';
import { MessageRequest, SessionRequest } from '@avatar-bridge/contracts';
import type { SessionId } from '@avatar-bridge/contracts';
import { openSessionStore } from '../src/index.ts';

const [redisUrl = 'redis://127.0.0.1:6379', count = '20000'] = process.argv.slice(2);
const messages = Number(count);
const sessions = 20;
const retention = { endedSession: 60_000, idempotency: 60_000 };
const options = { redisUrl, account: `perf-${randomUUID().slice(0, 8)}`, mailboxLimit: messages, retention };
const gateway = await openSessionStore(options);
const worker = await openSessionStore(options);
const request = MessageRequest.parse({
  text: 'The quick brown fox jumps over the lazy dog, and then it does it all over again.',
});

const ids: SessionId[] = [];
for (let i = 0; i < sessions; i++)
  ids.push((await gateway.createSession(SessionRequest.parse({}))).session.id);

/** Runs `work` for 0 … messages - 1, so many at a time. */
async function perSecond(concurrency: number, work: (i: number) => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < messages) await work(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return Math.round(messages / ((performance.now() - begun) / 1_000));
}

const session = (i: number) => ids[i % sessions] as SessionId;
const posts: Record<string, number> = {};
for (const concurrency of [1, 16, 128])
  posts[concurrency] = await perSecond(concurrency, (i) => gateway.postMessage(session(i), request));
const postsWithKey = await perSecond(128, (i) =>
  gateway.postMessage(session(i), request, { idempotencyKey: String(i) }),
);
const owners = await Promise.all(ids.map((id) => worker.claim(id, { epoch: 1, worker: 'perf' })));
const appends = await perSecond(
  128,
  (i) => owners[i % sessions]?.append({ type: 'user.started' }) ?? Promise.resolve(),
);
for (const owner of owners) await owner.end({ outcome: 'stopped', code: 'stopped', message: 'measured' });

const latencies: number[] = [];
const { session: idle } = await gateway.createSession(SessionRequest.parse({}));
const owner = await worker.claim(idle.id, { epoch: 1, worker: 'perf' });
const commands = owner.commands()[Symbol.asyncIterator]();
for (let i = 0; i < 1_000; i++) {
  const arrived = commands.next().then((command) => ({ command, at: performance.now() }));
  await gateway.postMessage(idle.id, request);
  const accepted = performance.now();
  const { command, at } = await arrived;
  latencies.push(Math.max(0, at - accepted));
  await owner.updateMessage(command.value?.id as string, { state: 'spoken' });
}
await owner.end({ outcome: 'stopped', code: 'stopped', message: 'measured' });
latencies.sort((a, b) => a - b);
const percentile = (p: number) =>
  Number((latencies[Math.floor((latencies.length * p) / 100)] as number).toFixed(2));

process.stdout.write(
  `${JSON.stringify({
    postsPerSecond: posts,
    postsWithKeyPerSecond: postsWithKey,
    appendsPerSecond: appends,
    acceptedToOwnerMs: { p50: percentile(50), p90: percentile(90), p99: percentile(99) },
  })}\n`,
);
await Promise.all([gateway.close(), worker.close()]);
