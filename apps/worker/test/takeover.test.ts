import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Rig, sentence } from './support/rig.ts';
import { WorkerProcess } from './support/worker-process.ts';

const long =
  'This one sentence is long enough that its worker can be killed in the middle of it without any hurry at all, and nothing is lost.';

let rig: Rig;
let workers: WorkerProcess[] = [];
const startWorker = async (env: Record<string, string> = {}): Promise<WorkerProcess> => {
  const worker = await WorkerProcess.start(rig, env);
  workers.push(worker);
  return worker;
};

beforeAll(async () => {
  rig = await Rig.open();
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
  workers = [];
});
afterAll(() => rig[Symbol.asyncDispose]());

describe('a worker that is killed', () => {
  it('is succeeded by another, which goes on with the living vendor session, in mid-sentence', async () => {
    const first = await startWorker();
    const conversation = await rig.liveSession();
    const spoken = await conversation.say(sentence('spoken'));
    await conversation.finished(spoken);
    const underWay = await conversation.say(long);
    const waiting = await conversation.say(sentence('waiting'));
    await conversation.until('message.speaking', ({ messageId }) => messageId === underWay);
    await startWorker();

    const killedAt = Date.now();
    await first.signal('SIGKILL');
    const later = await conversation.say(sentence('later'));
    await conversation.until('session.live', ({ at }) => at > killedAt);
    console.log('killed -> live again, ms:', Date.now() - killedAt);
    expect(await conversation.finished(spoken, underWay, waiting, later)).toEqual([
      'spoken',
      'spoken',
      'spoken',
      'spoken',
    ]);
    expect((await conversation.vendorSessions()).map(({ state }) => state)).toEqual(['connected']);
    expect(await conversation.spoken()).toEqual([
      sentence('spoken'),
      long,
      sentence('waiting'),
      sentence('later'),
    ]);
    await conversation.stop();
    await conversation.until('session.ended');
    expect(await rig.openVendorSessions()).toEqual([]);
  }, 90_000);
});

describe('a worker that is drained', () => {
  it('hands its vendor session over between two utterances, and nothing is said twice', async () => {
    const first = await startWorker();
    const conversation = await rig.liveSession();
    const texts = [
      'The first sentence is said by the first worker.',
      'The second sentence is said by the second worker.',
      'And so is the third.',
    ];
    await startWorker();
    const id = await conversation.say(texts.join(' '));
    await conversation.until('message.speaking');
    const drainedAt = Date.now();
    expect(await first.signal('SIGTERM')).toBe(0);
    console.log('drain took, ms:', Date.now() - drainedAt);
    expect(await conversation.finished(id)).toEqual(['spoken']);
    expect(await conversation.spoken()).toEqual(texts);
    expect((await conversation.vendorSessions()).map(({ tasks }) => tasks.length)).toEqual([3]);
    await conversation.stop();
    await conversation.until('session.ended');
  }, 60_000);

  it('makes haste at the second signal', async () => {
    const worker = await startWorker();
    const conversation = await rig.liveSession();
    const id = await conversation.say(long);
    await conversation.until('message.speaking');
    const at = Date.now();
    worker.tell('SIGTERM');
    // two signals of a kind that come together are one
    await vi.waitUntil(async () => (await worker.get('/readyz')).status === 503, { interval: 50 });
    expect(await worker.signal('SIGTERM')).toBe(0);
    expect(Date.now() - at).toBeLessThan(4_000);
    expect((await conversation.message(id)).state).toBe('speaking');
    expect(await rig.openVendorSessions()).toEqual([]);

    await startWorker();
    expect(await conversation.finished(id)).toEqual(['spoken']);
    await conversation.stop();
    await conversation.until('session.ended');
  }, 60_000);
});

describe('a worker without a configuration', () => {
  it('names everything that is missing and does not start', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
      env: {},
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [[code], said] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    expect(code).toBe(1);
    for (const name of ['LIVEKIT_URL', 'LIVEKIT_API_KEY', 'LIVEKIT_API_SECRET', 'LIVEAVATAR_API_KEY'])
      expect(said).toContain(name);
  });
});

describe('the health server', () => {
  it('tells whether sessions can be owned, and what became of messages', async () => {
    const worker = await startWorker();
    const conversation = await rig.liveSession();
    await conversation.finished(await conversation.say('Count me.'));
    expect((await worker.get('/healthz')).status).toBe(200);
    expect((await worker.get('/readyz')).status).toBe(200);
    const metrics = await (await worker.get('/metrics')).text();
    expect(metrics).toContain('avatar_bridge_sessions{state="live"} 1');
    expect(metrics).toContain('avatar_bridge_messages_total{outcome="spoken"} 1');
    expect(metrics).toContain('avatar_bridge_message_waited_seconds_count 1');
    expect(metrics).toMatch(/avatar_bridge_vendor_call_seconds_count\{call="speak",outcome="ok"\} 1/);
    await conversation.stop();
    await conversation.until('session.ended');
  });
});
