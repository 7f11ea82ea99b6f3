import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The processes that `pid` has forked and that still run, its relay hosts for a worker. */
export async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  return stdout.split('\n').flatMap((line) => {
    const [child, parent] = line.trim().split(/\s+/).map(Number);
    return parent === pid && child !== undefined ? [child] : [];
  });
}

/** False when it is gone already. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** A process and all it has forked: each of ours leads a group of its own. */
export const signalGroup = (pid: number, name: NodeJS.Signals): boolean => signal(-pid, name);

let ends: (() => number[])[] = [];

/** Processes in groups of their own are not ended by our Ctrl-C: they are killed when we end, however that comes. */
export function endWithUs(pids: () => number[]): void {
  if (ends.length === 0) {
    process.once('exit', () => {
      for (const pid of ends.flatMap((list) => list())) signalGroup(pid, 'SIGKILL');
    });
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(130));
  }
  ends = [...ends, pids];
}
