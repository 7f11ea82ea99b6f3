import { readdirSync, readFileSync } from 'node:fs';
import { socketInodes } from './sockets.ts';

/** USER_HZ, which Linux fixes for what it tells to programs. */
const TICKS_PER_SECOND = 100;
const NS_PER_MS = 1e6;

/** A group of processes as it is now. CPU times count from their start. */
export type ProcessSample = {
  at: number;
  /** ms on a core. */
  cpu: number;
  rssMb: number;
  threads: number;
  fds: number;
  sockets: number;
};

export type ThreadSample = {
  tid: number;
  name: string;
  /** ms */ cpu: number;
  /** ms ready to run, with no core free. */ waited: number;
};

export type MachineSample = { total: number; idle: number };

export function sampleProcesses(pids: readonly number[]): ProcessSample {
  const sample: ProcessSample = { at: performance.now(), cpu: 0, rssMb: 0, threads: 0, fds: 0, sockets: 0 };
  for (const pid of pids) {
    try {
      const stat = statFields(`/proc/${pid}/stat`);
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      sample.cpu += ((Number(stat[11]) + Number(stat[12])) * 1000) / TICKS_PER_SECOND;
      sample.threads += Number(stat[17]);
      sample.rssMb += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
      sample.fds += readdirSync(`/proc/${pid}/fd`).length;
      sample.sockets += socketInodes(pid).size;
    } catch {
      // It has ended.
    }
  }
  return sample;
}

/** The threads of a process; CPU times are exact, where the kernel keeps scheduling statistics. */
export function sampleThreads(pid: number): ThreadSample[] {
  const threads: ThreadSample[] = [];
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const directory = `/proc/${pid}/task/${task}`;
    try {
      const tid = Number(task);
      const name = tid === pid ? 'main' : readFileSync(`${directory}/comm`, 'utf8').trim();
      const [cpu = 0, waited = 0] = readFileSync(`${directory}/schedstat`, 'utf8').split(' ').map(Number);
      threads.push({ tid, name, cpu: cpu / NS_PER_MS, waited: waited / NS_PER_MS });
    } catch {
      // It has ended.
    }
  }
  return threads;
}

/** In ticks of all cores. */
export function sampleMachine(): MachineSample {
  const [cpu = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const fields = cpu.trim().split(/\s+/).slice(1, 9).map(Number);
  return { total: fields.reduce((sum, field) => sum + field, 0), idle: (fields[3] ?? 0) + (fields[4] ?? 0) };
}

/** Every process of the process group that `leader` leads. */
export function processGroup(leader: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(statFields(`/proc/${pid}/stat`)[2]) === leader;
      } catch {
        return false;
      }
    });
}

/** The fields after the name, which can hold anything: field n of proc(5) is index n - 3. */
function statFields(file: string): string[] {
  const stat = readFileSync(file, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
