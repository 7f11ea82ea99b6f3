import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { livekitServer } from '../scripts/install/livekit-server.ts';
import { redisServer } from '../scripts/install/redis.ts';
import { allOrNone } from '../scripts/servers/all-or-none.ts';
import { startLivekit } from '../scripts/servers/livekit.ts';
import { startRedis } from '../scripts/servers/redis.ts';
import { startStack, type Stack } from '../scripts/stack/stack.ts';

/** A whole avatar-bridge with servers of its own, Redis with the persistence of production. */
export async function startBenchStack(
  worker: Record<string, string> = {},
  simulator: Record<string, string> = {},
): Promise<Stack> {
  const directory = mkdtempSync(join(tmpdir(), 'avatar-bridge-bench-'));
  const livekit = await livekitServer();
  const [redis, vendor, stage] = await allOrNone([
    startRedis({ binary: await redisServer(), directory }),
    startLivekit({ binary: livekit, name: 'vendor' }),
    startLivekit({ binary: livekit, name: 'stage' }),
  ]);
  const stopServers = async (): Promise<void> => {
    await Promise.all([redis.stop(), vendor.stop(), stage.stop()]);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const stack = await startStack({
      redisUrl: redis.url,
      stage,
      vendorLivekit: vendor,
      env: {
        simulator,
        gateway: { BRIDGE_LOG_LEVEL: 'warn' },
        worker: { BRIDGE_LOG_LEVEL: 'warn', ...worker },
      },
    });
    return {
      ...stack,
      async stop() {
        await stack.stop();
        await stopServers();
      },
    };
  } catch (error) {
    await stopServers();
    throw error;
  }
}

/** What the numbers were measured on. */
export function describeMachine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
}
