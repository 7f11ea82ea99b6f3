// Joins a hostile server again and again: `node sessions-fuzz.ts <seed>`.
import { ok } from 'node:assert/strict';
import { LiveKitRtpError, RtpParticipant } from '../../src/index.ts';
import { finish, heapMb } from './feed.ts';
import type { FuzzReport } from './fuzz-process.ts';
import { HostileServer } from './hostile-server.ts';
import { Random } from './random.ts';

export type SessionsReport = FuzzReport & {
  answers: number;
  handles: [number, number];
  rssMb: [number, number];
};

const CONNECTIONS = 400;
const AT_ONCE = 8;
const MESSAGES_EACH = 24;
const CONNECT_TIMEOUT = 2_000;
const RECONNECT_TIMEOUT = 300;

// Of timers that overflow, of listeners that pile up.
process.on('warning', (warning) => {
  throw warning;
});
const random = new Random(Number(process.argv[2]));
const server = await HostileServer.start(random, MESSAGES_EACH, (error) => {
  throw error;
});

/** No media connection comes about: the attempt ends by itself, at the latest when the server breaks off. */
async function join(): Promise<void> {
  const options = {
    url: server.url,
    token: 'token',
    connectTimeout: CONNECT_TIMEOUT,
    autoSubscribe: random.oneIn(2),
    reconnect: random.oneIn(4),
    reconnectTimeout: RECONNECT_TIMEOUT,
  };
  try {
    const participant = await RtpParticipant.connect(options);
    await participant.close();
  } catch (error) {
    ok(error instanceof LiveKitRtpError, String(error));
  }
}

async function joinMany(connections: number): Promise<void> {
  let left = connections;
  const joinSome = async (): Promise<void> => {
    while (left-- > 0) await join();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, joinSome));
}

const usage = (): { heap: number; handles: number; rss: number } => ({
  heap: heapMb(),
  handles: process.getActiveResourcesInfo().length,
  rss: process.memoryUsage.rss() / 2 ** 20,
});

await joinMany(CONNECTIONS / 10);
const early = usage();
await joinMany(CONNECTIONS - CONNECTIONS / 10);
const end = usage();
const report: SessionsReport = {
  inputs: server.messages,
  answers: server.answers,
  heapMb: [early.heap, end.heap],
  handles: [early.handles, end.handles],
  rssMb: [early.rss, end.rss],
};
server.close();
finish(report);
