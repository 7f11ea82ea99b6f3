import { hostname } from 'node:os';
import { retentionOf } from '@avatar-bridge/contracts';
import { createMediaRelay } from '@avatar-bridge/relay';
import { openSessionStore } from '@avatar-bridge/session-store';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { startHealthServer } from './http/health-server.ts';
import { createMetrics } from './metrics.ts';
import { pooledAvatars } from './pool/pooled-avatars.ts';
import { createProviders } from './providers/create-providers.ts';
import { Providers } from './providers/providers.ts';
import { stageAccess } from './session/stage-access.ts';
import { Worker } from './worker.ts';

export type RunningWorker = {
  /** Where health and metrics are. */
  url: string;
  /** Hands all sessions over and closes everything. Called again it makes haste. */
  stop: () => Promise<void>;
};

/** Builds a worker from its configuration and starts it. */
export async function runWorker(config: Config, logger: Logger): Promise<RunningWorker> {
  const created = createProviders(config, logger);
  const providers = new Providers(created.all, created.order, created.accounts);
  const pool = pooledAvatars(providers, config.BRIDGE_WARM_POOL);
  const store = await openSessionStore({
    redisUrl: config.REDIS_URL,
    account: config.BRIDGE_ACCOUNT,
    retention: retentionOf(config),
    logger,
  });
  const mediaRelay = createMediaRelay({ engine: config.BRIDGE_RELAY_ENGINE, logger });
  mediaRelay.warmUp();
  const metrics = createMetrics({ relayHosts: () => mediaRelay.hosts });
  const worker = new Worker({
    store,
    providers,
    pool,
    selection: {
      slotWaitMs: config.BRIDGE_PROVIDER_WAIT_SECONDS * 1_000,
      maxFailures: config.BRIDGE_PROVIDER_FAILURES,
    },
    mediaRelay,
    stage: stageAccess({
      url: config.LIVEKIT_URL,
      apiKey: config.LIVEKIT_API_KEY,
      apiSecret: config.LIVEKIT_API_SECRET,
      publicUrl: config.LIVEKIT_PUBLIC_URL,
    }),
    metrics,
    logger,
    name: `${hostname()}-${process.pid}`,
    slots: config.BRIDGE_SLOTS,
    capacity: config.BRIDGE_CAPACITY,
    keepVendorEvents: config.BRIDGE_KEEP_VENDOR_EVENTS,
    stopUnknown: config.BRIDGE_SWEEP_UNKNOWN,
    drainDeadline: config.BRIDGE_DRAIN_SECONDS * 1_000,
  });
  const health = await startHealthServer({
    host: config.BRIDGE_WORKER_HOST,
    port: config.BRIDGE_WORKER_PORT,
    metrics,
    ready: () => worker.ready(),
  });

  const close = async (): Promise<void> => {
    await worker.drain();
    await mediaRelay.close('the worker stops');
    await created.close();
    await store.close('the worker stops');
    await health.close();
  };
  let closing: Promise<void> | undefined;
  return {
    url: health.url,
    stop: () => {
      if (closing) void worker.drain();
      return (closing ??= close());
    },
  };
}
