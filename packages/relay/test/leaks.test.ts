import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { startRtpRelay } from '../src/engines/rtp/rtp-engine.ts';
import { Scene } from './scene.ts';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const AT_ONCE = 5;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

type Usage = { fds: number; handles: number; rss: number };

function usage(): Usage {
  collectGarbage();
  return {
    fds: readdirSync('/dev/fd').length,
    handles: process.getActiveResourcesInfo().length,
    rss: process.memoryUsage.rss() / 2 ** 20,
  };
}

/** Starts relays, lets their media flow, and closes them; some are cancelled while they start. */
async function churn(scene: Scene, relays: number): Promise<void> {
  for (let done = 0; done < relays; done += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, async (_, index) => {
      const options = await scene.rooms.relayOptions();
      options.source.token = await scene.rooms.token('vendor', `client-${index}`);
      options.stage.token = await scene.rooms.token('stage', `avatar-${index}`, {
        canPublish: true,
        canPublishData: true,
      });
      const cancel = new AbortController();
      if (index === 0) setTimeout(() => cancel.abort(), (done * 7) % 300);
      const start = startRtpRelay(options, { emit: () => {}, logger: SILENT, signal: cancel.signal });
      const relay = await start.catch(() => undefined);
      await sleep(150);
      await relay?.close();
    });
    await Promise.all(batch);
  }
}

test(
  'fifty relays started and closed leave no descriptors, handles or memory behind',
  { timeout: 120_000 },
  async () => {
    await using scene = new Scene();
    await scene.avatar();
    await churn(scene, 20);
    await sleep(500);
    const before = usage();
    await churn(scene, 50);
    await sleep(500);
    const after = usage();
    expect(after.fds).toBeLessThanOrEqual(before.fds + 2);
    expect(after.handles).toBeLessThanOrEqual(before.handles + 2);
    expect(after.rss).toBeLessThan(before.rss + 20);
  },
);
