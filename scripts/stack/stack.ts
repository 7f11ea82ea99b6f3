import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startApp, type AppProcess } from './app-process.ts';

export type LivekitAccess = { url: string; apiKey: string; apiSecret: string };

export type StackOptions = {
  redisUrl: string;
  /** The team's LiveKit. */
  stage: LivekitAccess;
  /** The simulated vendor's LiveKit, or the vendor itself. */
  vendor: { livekit: LivekitAccess } | { heygenApiKey: string; heygenBaseUrl?: string };
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
  heygenApiKey: string;
  /** Starts one more process of a kind, with the same settings as the first. */
  startGateway(): Promise<AppProcess>;
  startWorker(): Promise<AppProcess>;
  /** Stops everything in the order that loses nothing: front door, workers, vendor. */
  stop(): Promise<void>;
};

const randomKey = (name: string): string => `${name}_${randomBytes(24).toString('base64url')}`;

/** Starts a gateway, workers and, unless there is a real vendor, the simulator. */
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
  const simulated = 'livekit' in options.vendor ? options.vendor.livekit : undefined;
  const heygenApiKey =
    'heygenApiKey' in options.vendor ? options.vendor.heygenApiKey : randomKey('simulated');
  const team = {
    REDIS_URL: options.redisUrl,
    LIVEKIT_URL: options.stage.url,
    LIVEKIT_API_KEY: options.stage.apiKey,
    LIVEKIT_API_SECRET: options.stage.apiSecret,
    BRIDGE_ACCOUNT: account,
  };
  try {
    const simulator = simulated
      ? await keep(
          startApp({
            name: 'simulator',
            main: 'packages/avatar-simulator/src/main.ts',
            logFile: log('simulator'),
            env: {
              SIMULATOR_PORT: '0',
              SIMULATOR_API_KEY: heygenApiKey,
              SIMULATOR_CONCURRENCY: slots,
              VENDOR_LIVEKIT_URL: simulated.url,
              VENDOR_LIVEKIT_API_KEY: simulated.apiKey,
              VENDOR_LIVEKIT_API_SECRET: simulated.apiSecret,
              ...options.env?.simulator,
            },
          }),
        )
      : undefined;
    const baseUrl =
      simulator?.url ?? ('heygenBaseUrl' in options.vendor ? options.vendor.heygenBaseUrl : undefined);
    const startGateway = (port: number): Promise<AppProcess> =>
      keep(
        startApp({
          name: 'gateway',
          main: 'apps/gateway/src/main.ts',
          logFile: log('gateway'),
          env: {
            ...team,
            PORT: String(port),
            BRIDGE_CHATBOT_KEYS: chatbotKey,
            BRIDGE_OPERATOR_KEYS: operatorKey,
            ...options.env?.gateway,
          },
        }),
      );
    const startWorker = (): Promise<AppProcess> =>
      keep(
        startApp({
          name: 'worker',
          main: 'apps/worker/src/main.ts',
          logFile: log('worker'),
          env: {
            ...team,
            HEYGEN_API_KEY: heygenApiKey,
            ...(baseUrl ? { HEYGEN_BASE_URL: baseUrl } : {}),
            BRIDGE_SLOTS: slots,
            BRIDGE_WORKER_PORT: '0',
            ...options.env?.worker,
          },
        }),
      );
    const [gateway, ...workers] = await Promise.all([
      startGateway(options.gatewayPort ?? 0),
      ...Array.from({ length: options.workers ?? 1 }, startWorker),
    ]);
    return {
      gateway,
      workers,
      simulator,
      chatbotKey,
      operatorKey,
      heygenApiKey,
      startGateway: () => startGateway(0),
      startWorker,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
