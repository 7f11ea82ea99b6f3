import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sandboxAvatarId } from '../../packages/heygen-client/src/liveavatar/index.ts';
import { startApp, type AppProcess } from './app-process.ts';

export type LivekitAccess = { url: string; apiKey: string; apiSecret: string };

export type StackOptions = {
  redisUrl: string;
  /** The team's LiveKit. */
  stage: LivekitAccess;
  /** The LiveKit of the simulated vendor; without it there is no simulator, and `env.worker` says which vendors there are. */
  vendorLivekit?: LivekitAccess;
  account?: string;
  workers?: number;
  slots?: number;
  gatewayPort?: number;
  /** Directory for the processes' logs. */
  logs?: string;
  env?: {
    simulator?: Record<string, string>;
    gateway?: Record<string, string>;
    worker?: Record<string, string>;
  };
};

export type Stack = {
  gateway: AppProcess;
  workers: AppProcess[];
  simulator?: AppProcess;
  chatbotKey: string;
  operatorKey: string;
  /** What the simulator takes as a vendor's key. */
  simulatorKey: string;
  /** Starts one more process of a kind, with the same settings as the first but for `env`. */
  startGateway(env?: Record<string, string>): Promise<AppProcess>;
  startWorker(env?: Record<string, string>): Promise<AppProcess>;
  /** Stops everything in the order that loses nothing: front door, workers, vendor. */
  stop(): Promise<void>;
};

const randomKey = (name: string): string => `${name}_${randomBytes(24).toString('base64url')}`;

/** Starts a gateway, workers and, where it has a LiveKit, the simulator, whose address and key the workers then have for all vendors. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const log = (name: string): string | undefined => options.logs && join(options.logs, `${name}.log`);
  const started: AppProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const kind of ['gateway', 'worker', 'simulator']) {
      await Promise.all(started.filter((app) => app.process.name.startsWith(kind)).map((app) => app.stop()));
    }
  };
  const keep = async (app: Promise<AppProcess>): Promise<AppProcess> => {
    started.push(await app);
    return app;
  };
  const chatbotKey = randomKey('chatbot');
  const operatorKey = randomKey('operator');
  const account = options.account ?? 'default';
  const slots = String(options.slots ?? 20);
  const simulatorKey = randomKey('simulated');
  const team = {
    REDIS_URL: options.redisUrl,
    LIVEKIT_URL: options.stage.url,
    LIVEKIT_API_KEY: options.stage.apiKey,
    LIVEKIT_API_SECRET: options.stage.apiSecret,
    BRIDGE_ACCOUNT: account,
  };
  try {
    const simulator = options.vendorLivekit
      ? await keep(
          startApp({
            name: 'simulator',
            main: 'packages/avatar-simulator/src/main.ts',
            logFile: log('simulator'),
            env: {
              SIMULATOR_PORT: '0',
              SIMULATOR_API_KEY: simulatorKey,
              SIMULATOR_CONCURRENCY: slots,
              VENDOR_LIVEKIT_URL: options.vendorLivekit.url,
              VENDOR_LIVEKIT_API_KEY: options.vendorLivekit.apiKey,
              VENDOR_LIVEKIT_API_SECRET: options.vendorLivekit.apiSecret,
              ...options.env?.simulator,
            },
          }),
        )
      : undefined;
    const simulated = simulator && {
      LIVEAVATAR_API_KEY: simulatorKey,
      LIVEAVATAR_BASE_URL: simulator.url,
      LIVEAVATAR_AVATAR_ID: sandboxAvatarId,
      HEYGEN_API_KEY: simulatorKey,
      HEYGEN_BASE_URL: simulator.url,
      BRIDGE_RESPONDER_URL: `${simulator.url}/model/v1`,
      BRIDGE_RESPONDER_MODEL: 'simulated',
    };
    const startGateway = (env: Record<string, string> = {}): Promise<AppProcess> =>
      keep(
        startApp({
          name: 'gateway',
          main: 'apps/gateway/src/main.ts',
          logFile: log('gateway'),
          env: {
            ...team,
            PORT: '0',
            BRIDGE_CHATBOT_KEYS: chatbotKey,
            BRIDGE_OPERATOR_KEYS: operatorKey,
            ...options.env?.gateway,
            ...env,
          },
        }),
      );
    const startWorker = (env: Record<string, string> = {}): Promise<AppProcess> =>
      keep(
        startApp({
          name: 'worker',
          main: 'apps/worker/src/main.ts',
          logFile: log('worker'),
          env: {
            ...team,
            ...simulated,
            BRIDGE_SLOTS: slots,
            BRIDGE_WORKER_PORT: '0',
            ...options.env?.worker,
            ...env,
          },
        }),
      );
    const [gateway, ...workers] = await Promise.all([
      startGateway({ PORT: String(options.gatewayPort ?? 0) }),
      ...Array.from({ length: options.workers ?? 1 }, () => startWorker()),
    ]);
    return {
      gateway,
      workers,
      simulator,
      chatbotKey,
      operatorKey,
      simulatorKey,
      startGateway,
      startWorker,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
