// npm start: everything on this machine, until Ctrl-C.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildConsole } from './install/console.ts';
import { livekitServer } from './install/livekit-server.ts';
import { redisServer } from './install/redis.ts';
import { freePort } from './servers/free-port.ts';
import { startLivekit } from './servers/livekit.ts';
import { startRedis } from './servers/redis.ts';
import type { ServerProcess } from './servers/server-process.ts';
import { chooseVendor } from './stack/choose-vendor.ts';
import { createDemoSession } from './stack/demo-session.ts';
import { RunDirectory } from './stack/run-state.ts';
import { startStack, type LivekitAccess } from './stack/stack.ts';
import { startHelp, welcome } from './stack/welcome.ts';

const options = readOptions();
if (options.help) {
  process.stdout.write(startHelp);
  process.exit(0);
}

const runDirectory = new RunDirectory(options['run-directory']);
const env = process.env;
const stopping = new AbortController();
const stops: (() => Promise<void>)[] = [];
const processes: ServerProcess[] = [];

let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (++signals === 1) {
      process.stderr.write('\nStopping …\n');
      stopping.abort(signal);
    } else if (signals > 2) {
      for (const each of processes) each.child.kill('SIGKILL');
    }
  });
}

try {
  await run();
} catch (error) {
  if (!stopping.signal.aborted) {
    process.stderr.write(`\n✗ ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
for (const stop of stops.toReversed())
  await stop().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
if (stops.length > 0) runDirectory.forget();
if (signals > 0) process.stderr.write('Everything that was started is stopped.\n');

async function run(): Promise<void> {
  await runDirectory.claim();
  const { logs } = runDirectory;
  const logFile = (name: string): string => join(logs, `${name}.log`);
  await buildConsole();

  const vendor = chooseVendor(env);
  const simulated = vendor.kind === 'simulated';
  const [redisBinary, livekitBinary] = [
    env['REDIS_URL'] ? undefined : await redisServer(),
    env['LIVEKIT_URL'] && (!simulated || env['VENDOR_LIVEKIT_URL']) ? undefined : await livekitServer(),
  ];
  stopping.signal.throwIfAborted();

  const redisUrl = env['REDIS_URL'] || (await ownRedis(redisBinary ?? '', logFile('redis')));
  const stage =
    accessFromEnv('LIVEKIT') ??
    (await ownLivekit('stage', 7880, livekitBinary ?? '', logFile('livekit-stage')));
  const vendorLivekit = simulated
    ? (accessFromEnv('VENDOR_LIVEKIT') ??
      (await ownLivekit('vendor', 7980, livekitBinary ?? '', logFile('livekit-vendor'))))
    : undefined;
  stopping.signal.throwIfAborted();

  const gatewayPort = await freePort(Number(env['PORT'] || 8080));
  const stack = await startStack({
    redisUrl,
    stage,
    vendorLivekit,
    gatewayPort,
    logs,
    slots: Number(env['BRIDGE_SLOTS'] || (simulated ? 20 : 3)),
    env: { gateway: { BRIDGE_VIEWER_TTL_SECONDS: '86400' }, worker: vendor.workerEnv },
  });
  stops.push(() => stack.stop());
  processes.push(
    stack.gateway.process,
    ...stack.workers.map((worker) => worker.process),
    ...(stack.simulator ? [stack.simulator.process] : []),
  );
  await runDirectory.rememberProcesses(processes.map((each) => each.pid));

  // A real vendor bills from the first second, so there the first session is the user's to open.
  const demo = simulated
    ? await createDemoSession(stack.gateway.url, stack.chatbotKey, stopping.signal)
    : undefined;
  runDirectory.writeState({
    gatewayUrl: stack.gateway.url,
    chatbotKey: stack.chatbotKey,
    operatorKey: stack.operatorKey,
    viewerUrl: demo?.viewerUrl,
    operatorsUrl: `${stack.gateway.url}/operators`,
    simulatorUrl: stack.simulator?.url,
    livekitUrl: stage.url,
    vendorLivekitUrl: vendorLivekit?.url,
    redisUrl,
  });
  process.stdout.write(
    welcome({
      gatewayUrl: stack.gateway.url,
      wantedPort: Number(env['PORT'] || 8080),
      chatbotKey: stack.chatbotKey,
      operatorKey: stack.operatorKey,
      vendor,
      demo,
      logs,
      redisUrl,
      stageUrl: stage.url,
      simulatorUrl: stack.simulator?.url,
    }),
  );

  const ended = await Promise.race([
    ...processes.map((each) => each.exited.then(() => each)),
    new Promise<undefined>((resolve) => {
      if (stopping.signal.aborted) resolve(undefined);
      stopping.signal.addEventListener('abort', () => resolve(undefined));
    }),
  ]);
  if (ended && !stopping.signal.aborted)
    throw new Error(`${ended.name} ended by itself. Its last words:\n${ended.output()}`);
}

function readOptions() {
  try {
    return parseArgs({
      options: { help: { type: 'boolean', short: 'h' }, 'run-directory': { type: 'string' } },
    }).values;
  } catch (error) {
    process.stderr.write(`✗ ${error instanceof Error ? error.message : String(error)}\n\n${startHelp}`);
    return process.exit(2);
  }
}

async function ownRedis(binary: string, logFile: string): Promise<string> {
  const redis = await startRedis({
    binary,
    port: 6379,
    directory: join(runDirectory.path, 'redis'),
    logFile,
  });
  stops.push(() => redis.stop());
  processes.push(redis.process);
  return redis.url;
}

async function ownLivekit(
  name: string,
  port: number,
  binary: string,
  logFile: string,
): Promise<LivekitAccess> {
  const livekit = await startLivekit({ binary, name, port, logFile });
  stops.push(() => livekit.stop());
  processes.push(livekit.process);
  return livekit;
}

function accessFromEnv(prefix: string): LivekitAccess | undefined {
  const [url, apiKey, apiSecret] = ['URL', 'API_KEY', 'API_SECRET'].map((name) => env[`${prefix}_${name}`]);
  if (!url) return undefined;
  if (!apiKey || !apiSecret)
    throw new Error(`${prefix}_URL is set, so ${prefix}_API_KEY and ${prefix}_API_SECRET are needed, too.`);
  return { url, apiKey, apiSecret };
}
