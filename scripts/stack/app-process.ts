import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startProcess, type ServerProcess } from '../servers/server-process.ts';

export type AppProcess = { url: string; process: ServerProcess; stop(): Promise<void> };

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What our processes are told by `env` alone. */
const ours = /^(BRIDGE|SIMULATOR|LIVEAVATAR|HEYGEN|OPENAI|ELEVENLABS|VITEST|NODE_OPTIONS)/;

export type AppOptions = {
  name: string;
  /** Its main module, from the root of the repository. */
  main: string;
  env: Record<string, string>;
  logFile?: string;
  timeout?: number;
};

/** Starts one of our own processes and waits until it says where it listens. */
export async function startApp(options: AppOptions): Promise<AppProcess> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
  const listening = Promise.withResolvers<string>();
  const server = startProcess({
    name: options.name,
    file: process.execPath,
    args: [options.main],
    cwd: root,
    env: { ...inherited, ...options.env },
    logFile: options.logFile,
    onLine(line) {
      try {
        const said: unknown = JSON.parse(line);
        if (typeof said === 'object' && said !== null && 'listening' in said)
          listening.resolve(String(said.listening));
      } catch {
        // Not the line that is waited for.
      }
    },
  });
  const giveUp = new AbortController();
  const timeout = options.timeout ?? 30_000;
  const url = await Promise.race([
    listening.promise,
    server.exited.then(
      ({ code }) => new Error(`${options.name} ended at its start with ${code}:\n${server.output()}`),
    ),
    delay(
      timeout,
      new Error(`${options.name} did not listen within ${timeout / 1000} s:\n${server.output()}`),
      {
        signal: giveUp.signal,
      },
    ).catch(() => new Error('given up')),
  ]);
  giveUp.abort();
  if (url instanceof Error) {
    await server.stop();
    throw url;
  }
  return { url, process: server, stop: () => server.stop(25_000) };
}
