// A worker as a process of its own whose avatars are doubles: everything but the media and the vendor is
// real.
import { hostname } from 'node:os';
import { readConfig } from '../../../apps/worker/src/config.ts';
import { startHealthServer } from '../../../apps/worker/src/http/health-server.ts';
import { createLogger } from '../../../apps/worker/src/log.ts';
import { createMetrics } from '../../../apps/worker/src/metrics.ts';
import { Providers } from '../../../apps/worker/src/providers/providers.ts';
import { Worker } from '../../../apps/worker/src/worker.ts';
import { openSessionStore } from '../../../packages/session-store/src/index.ts';
import { avatarDouble } from './avatar-double.ts';
import { relayDouble } from './relay-double.ts';

const { config } = readConfig(process.env);
const logger = createLogger(config.BRIDGE_LOG_LEVEL);
const store = await openSessionStore({
  redisUrl: config.REDIS_URL,
  account: config.BRIDGE_ACCOUNT,
  logger,
});
const metrics = createMetrics();
const worker = new Worker({
  store,
  providers: new Providers([avatarDouble(process.env['FAULTS_BOOKS'])]),
  mediaRelay: relayDouble,
  stage: {
    admit: async () => ({ url: 'ws://nowhere', token: '' }),
    seat: async () => ({ url: 'ws://nowhere', room: '', token: '', identity: '' }),
    close: async () => {},
    prepare: async () => {},
    viewers: () => Promise.resolve(0),
    occupied: () => Promise.resolve([]),
    carried: () => Promise.resolve(undefined),
  },
  metrics,
  logger,
  name: `${hostname()}-${process.pid}`,
  slots: config.BRIDGE_SLOTS,
  capacity: config.BRIDGE_CAPACITY,
});
const health = await startHealthServer({
  host: '127.0.0.1',
  port: 0,
  metrics,
  ready: () => worker.ready(),
});
process.once('SIGTERM', () => {
  void worker
    .drain()
    .then(() => store.close('the worker stops'))
    .then(() => process.exit(0));
});
process.stdout.write(`${JSON.stringify({ listening: health.url })}\n`);
