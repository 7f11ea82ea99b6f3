import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export type ServerProcess = {
  readonly name: string;
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves when the process is gone, however that came. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** The last lines it wrote, for error messages. */
  output(): string;
  /** Asks it to stop and, after `patience` ms, makes it. Idempotent. */
  stop(patience?: number): Promise<void>;
};

export type ServerProcessOptions = {
  name: string;
  file: string;
  args?: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Where its output is kept, too. */
  logFile?: string;
  /** Sees each line of its standard output. */
  onLine?: (line: string) => void;
};

/** Starts a program in a process group of its own, so that a Ctrl-C meant for us doesn't stop it out of order. */
export function startProcess(options: ServerProcessOptions): ServerProcess {
  const child = spawn(options.file, options.args ?? [], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let tail = '';
  let line = '';
  const log = options.logFile ? createWriteStream(options.logFile, { flags: 'a' }) : undefined;
  const keep = (chunk: Buffer): void => {
    tail = (tail + chunk.toString()).slice(-6_000);
    log?.write(chunk);
  };
  child.stderr?.on('data', keep);
  child.stdout?.on('data', (chunk: Buffer) => {
    keep(chunk);
    const lines = (line + chunk.toString()).split('\n');
    line = lines.pop() ?? '';
    for (const one of lines) options.onLine?.(one);
  });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('error', (error) => {
      tail += `\n${error.message}`;
      resolve({ code: -1, signal: null });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  void exited.then(() => log?.end());
  let stopping: Promise<void> | undefined;
  return {
    name: options.name,
    child,
    pid: child.pid ?? -1,
    exited,
    output: () => tail,
    stop(patience = 10_000) {
      stopping ??= (async () => {
        if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
        child.kill('SIGTERM');
        const late = new AbortController();
        const gone = await Promise.race([
          exited.then(() => true),
          delay(patience, false, { signal: late.signal }).catch(() => true),
        ]);
        late.abort();
        if (!gone) child.kill('SIGKILL');
        await exited;
      })();
      return stopping;
    },
  };
}

/** Waits until `check` holds. Fails at once when the process ends, or after `timeout` ms, with what the process wrote. */
export async function untilReady(
  server: ServerProcess,
  check: () => Promise<boolean>,
  timeout = 20_000,
): Promise<void> {
  const deadline = Date.now() + timeout;
  let gone = false;
  void server.exited.then(() => (gone = true));
  while (!(await check())) {
    if (gone || Date.now() > deadline) {
      await server.stop();
      throw new Error(
        `${server.name} ${gone ? 'ended at its start' : `was not ready after ${timeout / 1000} s`}. Its last words:\n${server.output()}`,
      );
    }
    await delay(50);
  }
}
