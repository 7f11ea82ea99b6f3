import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppProcess } from '../../../scripts/stack/app-process.ts';
import { childrenOf, signal, signalGroup } from './process-tree.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** TCP proxies on a process' ways; none where its address is one that a proxy cannot stand in for. */
export type Ways = { redis?: TcpProxy; vendor?: TcpProxy; stage?: TcpProxy };

/** A gateway or a worker: a process of its own, with ways of its own to what it needs. */
export class Node {
  readonly name: string;
  readonly app: AppProcess;
  readonly ways: Ways;
  readonly #clock: string;
  #alive = true;

  /** `clock` is the file that says how far off its clock is. */
  constructor(name: string, app: AppProcess, ways: Ways, clock: string) {
    this.name = name;
    this.app = app;
    this.ways = ways;
    this.#clock = clock;
    void app.process.exited.then(() => (this.#alive = false));
  }

  get pid(): number {
    return this.app.process.pid;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** SIGKILL: a worker's relay hosts go on for a while. */
  async kill(): Promise<void> {
    this.#alive = false;
    signal(this.pid, 'SIGKILL');
    await this.app.process.exited;
  }

  /** As a container dies: the process and everything it has forked. */
  async killGroup(): Promise<void> {
    this.#alive = false;
    signalGroup(this.pid, 'SIGKILL');
    await this.app.process.exited;
  }

  freeze(): void {
    signal(this.pid, 'SIGSTOP');
  }

  thaw(): void {
    signal(this.pid, 'SIGCONT');
  }

  /** SIGTERM. The exit code when it has gone; null when it has not within `timeoutMs`. */
  async drain(timeoutMs = 40_000): Promise<number | null> {
    signal(this.pid, 'SIGTERM');
    const late = sleep(timeoutMs, { code: null }, { ref: false });
    return (await Promise.race([this.app.process.exited, late])).code;
  }

  stepClock(offsetMs: number): void {
    writeFileSync(this.#clock, String(offsetMs));
  }

  /** Of a worker: its relay hosts' pids. */
  relayHosts(): Promise<number[]> {
    return childrenOf(this.pid);
  }

  /** Of a worker: how many sessions it owns, by its own account. */
  async sessions(): Promise<number> {
    const metrics = await fetch(`${this.app.url}/metrics`, { signal: AbortSignal.timeout(2_000) });
    const counts = [...(await metrics.text()).matchAll(/^avatar_bridge_sessions\{.*\} (\d+)$/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }
}
