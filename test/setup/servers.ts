import type { TestProject } from 'vitest/node';
import { chromium } from '../../scripts/install/chromium.ts';
import { buildConsole } from '../../scripts/install/console.ts';
import { livekitServer } from '../../scripts/install/livekit-server.ts';
import { redisServer } from '../../scripts/install/redis.ts';
import { allOrNone } from '../../scripts/servers/all-or-none.ts';
import { startLivekit } from '../../scripts/servers/livekit.ts';
import { startRedis } from '../../scripts/servers/redis.ts';

type Servers = {
  users: number;
  programs: { redisServer: string; livekitServer: string; chromium: string };
  redis: Awaited<ReturnType<typeof startRedis>>;
  vendor: Awaited<ReturnType<typeof startLivekit>>;
  stage: Awaited<ReturnType<typeof startLivekit>>;
};
let running: Promise<Servers> | undefined;

/** Starts the real servers once for all projects of a test run, and stops them after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  running ??= start();
  const servers = await running;
  servers.users++;
  project.provide('redisUrl', servers.redis.url);
  project.provide('livekit', { vendor: access(servers.vendor), stage: access(servers.stage) });
  project.provide('programs', servers.programs);
  return async () => {
    if (--servers.users > 0) return;
    running = undefined;
    await Promise.all([servers.redis.stop(), servers.vendor.stop(), servers.stage.stop()]);
  };
}

async function start(): Promise<Servers> {
  await buildConsole();
  const programs = {
    redisServer: await redisServer(),
    livekitServer: await livekitServer(),
    chromium: await chromium(),
  };
  // Servers that nobody stops would outlive the run, and keep it from ending.
  const [redis, vendor, stage] = await allOrNone([
    startRedis({ binary: programs.redisServer }),
    startLivekit({ binary: programs.livekitServer, name: 'vendor' }),
    startLivekit({ binary: programs.livekitServer, name: 'stage' }),
  ]);
  return { users: 0, programs, redis, vendor, stage };
}

function access(server: { url: string; apiKey: string; apiSecret: string }): {
  url: string;
  apiKey: string;
  apiSecret: string;
} {
  return { url: server.url, apiKey: server.apiKey, apiSecret: server.apiSecret };
}
