import { parseArgs } from 'node:util';
import { MessageRequest, SessionRequest, type SessionEventBody } from '@avatar-bridge/contracts';
import { openSessionStore, type OwnedSession, type SessionStore } from '../src/index.ts';
import Table from 'cli-table3';
import { Redis } from 'ioredis';
import { redisServer } from '../../../scripts/install/redis.ts';
import { startRedis } from '../../../scripts/servers/redis.ts';
import { describeMachine } from '../../../perf/bench-servers.ts';

const help = `Usage: pnpm bench redis [--minutes 60] [--every 4] [--json]

Writes what a worker writes of a session that is given a message every so many seconds, for so many minutes, as fast as
Redis takes it, and asks Redis what each of the session's keys holds.
`;

const provider = 'heygen';
const words = 'Every one of these words is said, and none of them is new.'.split(' ');
/** A voice says about so many a second. */
const wordsPerSecond = 2.6;

type Options = { minutes: number; everySeconds: number };
type Way = { name: string; vendorEvents: boolean; captions: 'whole' | 'added' };

const ways: Way[] = [
  { name: 'raw vendor events, whole captions', vendorEvents: true, captions: 'whole' },
  { name: 'as it is set by default', vendorEvents: false, captions: 'added' },
  { name: 'with BRIDGE_KEEP_VENDOR_EVENTS', vendorEvents: true, captions: 'added' },
];

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '60' },
      every: { type: 'string', default: '4' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const options = { minutes: Number(values.minutes), everySeconds: Number(values.every) };
  const server = await startRedis({ binary: await redisServer() });
  const redis = new Redis(server.url);
  try {
    const rows = [];
    for (const way of ways) rows.push({ way: way.name, ...(await measure(redis, server.url, way, options)) });
    const parts = Object.keys(rows[0]?.kilobytes ?? {});
    const table = new Table({ head: ['kB', ...parts, 'all'], style: { head: [], border: [] } });
    for (const { way, kilobytes, all } of rows)
      table.push([way, ...parts.map((part) => kilobytes[part] ?? 0), all]);
    process.stdout.write(
      `\nA session of ${options.minutes} min with a message every ${options.everySeconds} s\n` +
        `${describeMachine()}\n${table.toString()}\n`,
    );
    if (values.json) process.stdout.write(`${JSON.stringify({ redis: rows })}\n`);
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

async function measure(redis: Redis, redisUrl: string, way: Way, options: Options) {
  const account = `bench${ways.indexOf(way)}`;
  await using store = await openSessionStore({ redisUrl, account });
  const { session } = await store.createSession(SessionRequest.parse({}));
  const owner = await store.claim(session.id, { epoch: 1, worker: 'bench' });
  const messages = Math.round((options.minutes * 60) / options.everySeconds);
  for (let n = 0; n < messages; n += 1) {
    await speak(store, owner, way, `${n}`);
    if ((n * options.everySeconds) % 60 === 0) await owner.append(mediaStats);
  }
  const kilobytes: Record<string, number> = {};
  for (const part of ['events', 'messages', 'record', 'mailbox', 'spoken']) {
    const bytes = await redis.memory('USAGE', `ab:${account}:{${session.id}}:${part}`, 'SAMPLES', 0);
    kilobytes[part] = Math.round((bytes ?? 0) / 1_000);
  }
  return { kilobytes, all: Object.values(kilobytes).reduce((a, b) => a + b) };
}

/** What is written of one message. */
async function speak(store: SessionStore, owner: OwnedSession, way: Way, taskId: string): Promise<void> {
  const text = words.join(' ');
  const { message } = await store.postMessage(owner.id, MessageRequest.parse({ text }));
  const { id, seq } = message;
  const task = {
    index: 0,
    span: [0, text.length] as const,
    taskId: `0195a7b2-5c1e-7d40-8000-${taskId.padStart(12, '0')}`,
  };
  await owner.recordUtterance(id, { ...task, state: 'submitting' });
  await owner.recordUtterance(id, { ...task, state: 'submitted' });
  await owner.recordUtterance(id, { ...task, state: 'speaking' });
  await owner.updateMessage(
    id,
    { state: 'speaking', submittedAt: Date.now(), speakingAt: Date.now(), waitedMs: 3, vendorMs: 412 },
    {
      type: 'message.speaking',
      messageId: id,
      seq,
      taskId: task.taskId,
      provider,
      waitedMs: 3,
      vendorMs: 412,
    },
  );
  const raw = (name: string, more: object = {}): SessionEventBody[] =>
    way.vendorEvents
      ? [
          {
            type: 'vendor.event',
            source: 'room',
            name,
            payload: { type: name, task_id: task.taskId, event_id: task.taskId, ...more },
          },
        ]
      : [];
  await owner.append({ type: 'avatar.state', state: 'speaking' }, ...raw('avatar_start_talking'));
  for (const events of captions(way, task.taskId, id))
    await owner.append(
      ...events.flatMap((event) => event ?? []),
      ...raw('avatar_talking_message', { message: 'words' }),
    );
  await owner.append(...raw('avatar_stop_talking', { duration_ms: 4_600 }));
  await owner.recordUtterance(id, { ...task, state: 'spoken' });
  await owner.updateMessage(
    id,
    { state: 'spoken', firstFrameMs: 430 },
    { type: 'message.spoken', messageId: id, seq, firstFrameMs: 430, provider },
  );
  await owner.append({ type: 'avatar.state', state: 'listening' });
}

/** For each word, the captions that are written then. */
function captions(way: Way, segmentId: string, messageId: string): SessionEventBody[][] {
  const event = { type: 'caption.updated', speaker: 'avatar', segmentId, messageId } as const;
  const upTo = (count: number) => words.slice(0, count).join(' ');
  const whole = words.map((_, i): SessionEventBody[] => [{ ...event, text: upTo(i + 1), final: false }]);
  const final: SessionEventBody[] = [{ ...event, text: upTo(words.length), final: true }];
  if (way.captions === 'whole') return [...whole, final];
  // Every two seconds what was added since.
  const step = Math.round(2 * wordsPerSecond);
  const added = words.map((_, i): SessionEventBody[] => {
    if (i === 0) return whole[0] ?? [];
    if (i % step !== 0) return [];
    const from = upTo(Math.max(1, i + 1 - step)).length;
    return [{ ...event, from, text: upTo(i + 1).slice(from), final: false }];
  });
  return [...added, final];
}

const mediaStats: SessionEventBody = {
  type: 'media.stats',
  windowMs: 60_000,
  skewMs: 3,
  video: { packets: 15_000, lost: 0, repaired: 12, framesPerSecond: 25, bitrate: 2_000_000 },
  audio: { packets: 3_000, lost: 0, repaired: 0, framesPerSecond: 0, bitrate: 48_000 },
};
