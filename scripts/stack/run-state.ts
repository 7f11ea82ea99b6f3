import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tryRun } from '../install/cache.ts';

/** What is running, for scripts: written to `.run/state.json`. Only its owner can read it, as it holds keys. */
export type RunState = {
  gatewayUrl: string;
  chatbotKey: string;
  operatorKey: string;
  viewerUrl?: string;
  operatorsUrl: string;
  simulatorUrl?: string;
  livekitUrl: string;
  vendorLivekitUrl?: string;
  redisUrl: string;
};

/** Where `npm start` keeps its logs, its Redis and what is running. */
export class RunDirectory {
  readonly path: string;
  readonly logs: string;
  readonly #stateFile: string;
  readonly #processFile: string;

  constructor(path: string = fileURLToPath(new URL('../../.run', import.meta.url))) {
    this.path = path;
    this.logs = join(path, 'logs');
    this.#stateFile = join(path, 'state.json');
    this.#processFile = join(path, 'processes.json');
  }

  /**
   * Makes it ours. A run that is still going is an error; processes that a killed run left behind are ended,
   * and only those: pid, start time and command line must all be the remembered ones.
   */
  async claim(): Promise<void> {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    const remembered = this.#remembered();
    if (remembered) {
      if (await isSame(remembered.supervisor)) {
        throw new Error(
          `It is already running here (process ${remembered.supervisor.pid}). Stop that one with Ctrl-C first.`,
        );
      }
      for (const child of remembered.children) if (await isSame(child)) process.kill(child.pid, 'SIGTERM');
    }
    this.forget();
    rmSync(this.logs, { recursive: true, force: true });
    mkdirSync(this.logs, { mode: 0o700 });
  }

  writeState(state: RunState): void {
    writeFileSync(this.#stateFile, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  }

  async rememberProcesses(pids: number[]): Promise<void> {
    const [supervisor, ...children] = await Promise.all(
      [process.pid, ...pids].map(async (pid) => ({ pid, birth: await birthOf(pid) })),
    );
    writeFileSync(this.#processFile, JSON.stringify({ supervisor, children }), { mode: 0o600 });
  }

  forget(): void {
    rmSync(this.#stateFile, { force: true });
    rmSync(this.#processFile, { force: true });
  }

  #remembered(): { supervisor: Remembered; children: Remembered[] } | undefined {
    try {
      return JSON.parse(readFileSync(this.#processFile, 'utf8'));
    } catch {
      return undefined;
    }
  }
}

type Remembered = { pid: number; birth: string | undefined };

/** What tells a process from a later one with the same pid. */
const birthOf = async (pid: number): Promise<string | undefined> =>
  (await tryRun('ps', ['-o', 'lstart=,command=', '-p', String(pid)]))?.trim() || undefined;

const isSame = async ({ pid, birth }: Remembered): Promise<boolean> =>
  birth !== undefined && (await birthOf(pid)) === birth;
