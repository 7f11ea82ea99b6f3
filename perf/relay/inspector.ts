import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { pidListeningOn } from './sockets.ts';

/** Where Node's inspector listens when a process is asked for it by a signal. */
const PORT = 9229;
const ADDRESS = `127.0.0.1:${PORT}`;
const ATTACH_TIMEOUT = 10_000;
/** µs between two looks at the stack. */
const CPU_INTERVAL = 1_000;
/** Bytes between two looks at who allocates. */
const HEAP_INTERVAL = 8_192;

/** A function with what was counted there: ms, or bytes. */
export type Share = { name: string; where: string; self: number };

type CallFrame = { functionName: string; url: string; lineNumber: number };
type CpuProfile = {
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
};
type HeapNode = { callFrame: CallFrame; selfSize: number; children: HeapNode[] };

/** Looks into a running Node process, which needs no flags for it. */
export class Inspector {
  static async attach(pid: number): Promise<Inspector> {
    process.kill(pid, 'SIGUSR1');
    const deadline = performance.now() + ATTACH_TIMEOUT;
    while (performance.now() < deadline) {
      const url = await target(pid);
      if (url !== undefined) return new Inspector(await open(url));
      await delay(100);
    }
    throw new Error(`Process ${pid} opened no inspector on ${ADDRESS}: does another process listen there?`);
  }

  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const { id, result, error } = JSON.parse(data.toString()) as {
        id?: number;
        result?: unknown;
        error?: { message: string };
      };
      const waiting = id === undefined ? undefined : this.#waiting.get(id);
      if (id === undefined || waiting === undefined) return;
      this.#waiting.delete(id);
      if (error) waiting.reject(new Error(error.message));
      else waiting.resolve(result);
    });
    socket.once('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the inspected process is gone'));
    });
  }

  /** Begins to look at the stack; the function that is returned ends it. Self times in ms, the largest first. */
  async profile(): Promise<() => Promise<Share[]>> {
    await this.#call('Profiler.enable');
    await this.#call('Profiler.setSamplingInterval', { interval: CPU_INTERVAL });
    await this.#call('Profiler.start');
    return async () => {
      const { profile } = await this.#call<{ profile: CpuProfile }>('Profiler.stop');
      await this.#call('Profiler.disable');
      return selfTimes(profile);
    };
  }

  /** What is allocated, whether it is collected again or not: bytes by function, the largest first. */
  async allocations(): Promise<() => Promise<Share[]>> {
    await this.#call('HeapProfiler.enable');
    await this.#call('HeapProfiler.startSampling', {
      samplingInterval: HEAP_INTERVAL,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    return async () => {
      const { profile } = await this.#call<{ profile: { head: HeapNode } }>('HeapProfiler.stopSampling');
      await this.#call('HeapProfiler.disable');
      return selfSizes(profile.head);
    };
  }

  close(): void {
    this.#socket.close();
  }

  #call<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#last;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return waiting.promise as Promise<T>;
  }
}

/** The inspector's address, once it is this process that listens. */
async function target(pid: number): Promise<string | undefined> {
  if (pidListeningOn(PORT) !== pid) return undefined;
  try {
    const response = await fetch(`http://${ADDRESS}/json/list`, { signal: AbortSignal.timeout(1_000) });
    const targets = (await response.json()) as { webSocketDebuggerUrl: string }[];
    return targets[0]?.webSocketDebuggerUrl;
  } catch {
    return undefined;
  }
}

function open(url: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): Share[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const shares = new Map<string, Share>();
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    const caller = frames.get(parents.get(id) ?? -1);
    add(
      shares,
      frame && isNameless(frame) && caller
        ? { ...caller, functionName: `native, called by ${caller.functionName}` }
        : frame,
      (timeDeltas[index] ?? 0) / 1_000,
    );
  }
  return sorted(shares);
}

function selfSizes(head: HeapNode): Share[] {
  const shares = new Map<string, Share>();
  const walk = (node: HeapNode): void => {
    if (node.selfSize > 0) add(shares, node.callFrame, node.selfSize);
    for (const child of node.children) walk(child);
  };
  walk(head);
  return sorted(shares);
}

/** Functions of addons have no names. */
function isNameless({ functionName, url }: CallFrame): boolean {
  return functionName === '' && url === '';
}

function add(shares: Map<string, Share>, frame: CallFrame | undefined, amount: number): void {
  if (frame === undefined) return;
  const where = frame.url === '' ? 'native' : `${basename(frame.url)}:${frame.lineNumber + 1}`;
  const name = frame.functionName || '(anonymous)';
  const key = `${name} ${where}`;
  const share = shares.get(key) ?? { name, where, self: 0 };
  share.self += amount;
  shares.set(key, share);
}

function sorted(shares: Map<string, Share>): Share[] {
  return [...shares.values()].toSorted((a, b) => b.self - a.self);
}
