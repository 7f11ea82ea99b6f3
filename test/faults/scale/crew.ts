import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sampleProcesses } from '../../../perf/relay/processes.ts';
import { type AppProcess, startApp } from '../../../scripts/stack/app-process.ts';
import { FrontDoor } from '../kit/front-door.ts';
import type { Measures } from '../kit/measures.ts';
import { now } from '../kit/now.ts';
import { endWithUs } from '../kit/process-tree.ts';

export type CrewOptions = {
  gateways: number;
  workers: number;
  /** That the workers have together. */
  slots: number;
  redisUrl: string;
  /** Redis' own processes. */
  redisPids: () => number[];
  logs: string | undefined;
  env?: Record<string, string>;
};

/** Sessions that are opened at a time. */
const openedAtOnce = 20;

/** Gateways and workers as processes of their own, without a vendor and without media. */
export class Crew implements AsyncDisposable {
  static async start(options: CrewOptions): Promise<Crew> {
    const crew = new Crew(options);
    endWithUs(() => [
      ...options.redisPids(),
      ...[...crew.workers, ...crew.gateways].map(({ process }) => process.pid),
    ]);
    try {
      await crew.#start();
      return crew;
    } catch (error) {
      await crew[Symbol.asyncDispose]();
      throw error;
    }
  }

  readonly workers: AppProcess[] = [];
  readonly gateways: AppProcess[] = [];
  readonly frontDoor: FrontDoor;
  readonly #key = randomBytes(24).toString('hex');
  readonly #options: CrewOptions;
  #cpuBefore = new Map<number, number>();
  #since = 0;

  private constructor(options: CrewOptions) {
    this.#options = options;
    this.frontDoor = new FrontDoor(() => this.gateways.map(({ url }) => url), this.#key);
  }

  async #start(): Promise<void> {
    const { logs, slots, redisUrl, env } = this.#options;
    const common = {
      REDIS_URL: redisUrl,
      LIVEKIT_URL: 'ws://127.0.0.1:1',
      LIVEKIT_API_KEY: 'nobody',
      LIVEKIT_API_SECRET: randomBytes(24).toString('hex'),
      BRIDGE_LOG_LEVEL: 'warn',
      ...env,
    };
    const start = async (name: string, main: string, more: Record<string, string>): Promise<AppProcess> =>
      startApp({ name, main, env: { ...common, ...more }, logFile: logs && `${logs}/${name}.log` });
    const room = String(slots);
    await Promise.all([
      ...Array.from({ length: this.#options.workers }, async (_, index) => {
        const main = 'test/faults/scale/worker-without-media.ts';
        const more = { HEYGEN_API_KEY: 'nobody', BRIDGE_SLOTS: room, BRIDGE_CAPACITY: room };
        this.workers.push(await start(`worker-${index + 1}`, main, more));
      }),
      ...Array.from({ length: this.#options.gateways }, async (_, index) => {
        const more = { PORT: '0', BRIDGE_CHATBOT_KEYS: this.#key };
        this.gateways.push(await start(`gateway-${index + 1}`, 'apps/gateway/src/main.ts', more));
      }),
    ]);
  }

  /** Opens sessions and waits until all are live. */
  async open(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let from = 0; from < count; from += openedAtOnce) {
      const opened = await Promise.all(
        Array.from({ length: Math.min(openedAtOnce, count - from) }, (_, index) =>
          this.frontDoor.open({ provider: 'heygen' }, `open-${from + index}`),
        ),
      );
      ids.push(...opened.map(({ id }) => id));
    }
    for (const id of ids)
      for (
        const until = now() + 120_000;
        (await this.frontDoor.session(id)).state !== 'live';
        await sleep(200)
      )
        if (now() > until) throw new Error(`${id} did not go live`);
    return ids;
  }

  /** From now on CPU time is counted. */
  measureCpu(): void {
    this.#since = now();
    this.#cpuBefore = new Map(this.#kinds().map(({ pid }) => [pid, sampleProcesses([pid]).cpu]));
  }

  noteCpuAndMemory(measures: Measures): void {
    const tookMs = now() - this.#since;
    for (const { kind, pid } of this.#kinds()) {
      const { cpu, rssMb } = sampleProcesses([pid]);
      measures.note(`CPU of ${kind}`, '%', [((cpu - (this.#cpuBefore.get(pid) ?? 0)) / tookMs) * 100]);
      measures.note(`memory of ${kind}`, 'MB', [rssMb]);
    }
  }

  #kinds(): { kind: string; pid: number }[] {
    return [
      ...this.workers.map((app) => ({ kind: 'a worker', pid: app.process.pid })),
      ...this.gateways.map((app) => ({ kind: 'a gateway', pid: app.process.pid })),
      ...this.#options.redisPids().map((pid) => ({ kind: 'a Redis', pid })),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.workers, ...this.gateways].map((app) => app.process.stop(5_000)));
  }
}
