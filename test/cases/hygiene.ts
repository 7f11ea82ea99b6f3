import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { RoomServiceClient } from 'livekit-server-sdk';
import { expect, inject } from 'vitest';
import type { Bridge } from '../setup/bridge.ts';
import type { Case } from '../setup/provider-under-test.ts';

/** A roomy heap is collected late: a small one tells what is kept from what is only not yet collected. */
export const smallHeap = { NODE_OPTIONS: '--max-old-space-size=64 --max-semi-space-size=4' };

/** 50 sessions created, spoken to and deleted leave nothing behind. The workers must have a small heap. */
export const nothingLeftBehind: Case = async (bridge) => {
  const sessions: string[] = [];
  await round(bridge, 10, sessions);
  const before = memory(bridge);
  for (let batch = 0; batch < 4; batch++) await round(bridge, 10, sessions);
  const after = memory(bridge);

  const vendorSessions = await bridge.vendorSessions();
  expect(vendorSessions).toHaveLength(50);
  expect(vendorSessions.filter(({ closedAt }) => closedAt === undefined)).toEqual([]);

  const ours = new Set(sessions);
  for (const server of Object.values(inject('livekit'))) {
    const service = new RoomServiceClient(server.url.replace('ws', 'http'), server.apiKey, server.apiSecret);
    const stray = async (): Promise<string[]> =>
      (await service.listRooms())
        .map(({ name }) => name)
        .filter((name) => ours.has(name) || vendorSessions.some(({ sessionId }) => sessionId === name));
    // A stage is closed only after its viewers have had a moment to hear of the session's end.
    await expect.poll(stray, { timeout: 10_000 }).toEqual([]);
  }

  const kept = await unexpiring(bridge, sessions);
  expect(kept.filter((key) => sessions.some((id) => key.includes(id)))).toEqual([]);
  expect(kept.length, `kept: ${kept.join(' ')}`).toBeLessThanOrEqual(12);

  for (const [name, megabytes] of Object.entries(after)) {
    expect(megabytes, `${name} grew from ${before[name]} MB`).toBeLessThan((before[name] ?? 0) * 1.25 + 20);
  }
  return `worker from ${before['worker']} to ${after['worker']} MB`;
};

async function round(bridge: Bridge, size: number, sessions: string[]): Promise<void> {
  await Promise.all(
    Array.from({ length: size }, async () => {
      const { id, events } = await bridge.liveSession();
      sessions.push(id);
      const { id: messageId } = await bridge.say(id, 'Hello.');
      expect(await events.finished([messageId])).toEqual({ [messageId]: 'message.spoken' });
      await bridge.deleteSession(id);
      await events.until('session.ended');
      events.close();
    }),
  );
}

/** Megabytes of the worker, its child processes and the gateway. */
function memory(bridge: Bridge): Record<string, number> {
  const of = (pid: number): number =>
    Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
  const worker = bridge.stack.workers[0]!.process.pid;
  const children = readFileSync(`/proc/${worker}/task/${worker}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return {
    worker: of(worker),
    gateway: of(bridge.stack.gateway.process.pid),
    ...Object.fromEntries(children.map((pid, index) => [`child ${index}`, of(pid)])),
  };
}

/** The account's keys that stay for ever. */
async function unexpiring(bridge: Bridge, sessions: string[]): Promise<string[]> {
  const redis = new Redis(inject('redisUrl'));
  const keys: string[] = [];
  for await (const batch of redis.scanStream({ match: '*', count: 1_000 })) keys.push(...(batch as string[]));
  const mine = keys.filter((key) => key.includes(bridge.account) || sessions.some((id) => key.includes(id)));
  const ends = await Promise.all(mine.map((key) => redis.pttl(key)));
  redis.disconnect();
  return mine.filter((_, index) => ends[index] === -1);
}
