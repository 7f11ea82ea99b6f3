import { setTimeout as delay } from 'node:timers/promises';
import { SessionRequest } from '@avatar-bridge/contracts';
import type { SessionStore } from '@avatar-bridge/session-store';
import { request } from 'node:http';
import { WebSocket } from 'ws';

export type ListenersResult = {
  count: number;
  eventsPerSecond: number;
  latencyMs: { p50: number; p99: number };
  cpuMicrosecondsPerEvent: number;
  missed: number;
};

type Options = { url: string; key: string; store: SessionStore; count: number; cpu: () => number };

const events = 200;
const interval = 25;
const now = (): number => performance.timeOrigin + performance.now();

/** Appends events to one session that `count` listeners follow, and measures how late each gets each. */
export async function benchListeners({ url, key, store, count, cpu }: Options): Promise<ListenersResult> {
  const { session } = await store.createSession(SessionRequest.parse({}));
  const owned = await store.claim(session.id, { epoch: 1, worker: 'bench' });
  const late: number[] = [];
  const seen = (text: string): void => {
    for (const [, at] of text.matchAll(/"payload":([\d.]+)/g)) late.push(now() - Number(at));
  };
  const close = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      (i % 2 ? overSse : overWebSocket)(url, `/v1/sessions/${session.id}`, key, seen),
    ),
  );
  const before = cpu();
  const began = now();
  for (let i = 0; i < events; i++) {
    await owned.append({ type: 'vendor.event', source: 'room', name: 'bench', payload: now() });
    await delay(interval);
  }
  for (let waited = 0; late.length < events * count && waited < 10_000; waited += 50) await delay(50);
  const took = (now() - began) / 1000;
  const used = cpu() - before;
  for (const one of close) one();
  late.sort((a, b) => a - b);
  const quantile = (share: number): number =>
    Math.round((late[Math.floor(late.length * share)] ?? Number.NaN) * 10) / 10;
  return {
    count,
    eventsPerSecond: Math.round(late.length / took),
    latencyMs: { p50: quantile(0.5), p99: quantile(0.99) },
    cpuMicrosecondsPerEvent: Math.round((used * 1000) / late.length),
    missed: events * count - late.length,
  };
}

async function overWebSocket(
  url: string,
  path: string,
  key: string,
  seen: (text: string) => void,
): Promise<() => void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}/socket`, {
    headers: { authorization: `Bearer ${key}` },
  });
  socket.on('message', (data: Buffer) => seen(data.toString()));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return () => socket.terminate();
}

function overSse(url: string, path: string, key: string, seen: (text: string) => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const asked = request(
      `${url}${path}/events`,
      { agent: false, headers: { authorization: `Bearer ${key}` } },
      (response) => {
        response.on('error', () => {});
        response.on('data', (chunk: Buffer) => seen(chunk.toString()));
        resolve(() => asked.destroy());
      },
    );
    asked.on('error', reject).end();
  });
}
