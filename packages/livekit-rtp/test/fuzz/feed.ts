import type { FuzzReport } from './fuzz-process.ts';

export type Target = {
  name: string;
  /** How many. */
  inputs: number;
  next(): Buffer | string;
  /** Throws when something is wrong. It may change the input. */
  check(input: never): void;
};

const ROUNDS = 10;
const MB = 2 ** 20;

export function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / MB;
}

/** Tells the test, or who runs the script by hand, and ends the process. */
export function finish(report: FuzzReport): void {
  if (process.send) process.send(report, () => process.exit());
  else process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit());
}

/** Gives each target its inputs, in turns. */
export function feed(targets: readonly Target[]): FuzzReport {
  let inputs = 0;
  let early = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const target of targets) inputs += feedOne(target, Math.ceil(target.inputs / ROUNDS));
    if (round === 0) early = heapMb();
  }
  return { inputs, heapMb: [early, heapMb()] };
}

function feedOne(target: Target, count: number): number {
  for (let done = 0; done < count; done++) {
    const input = target.next();
    // A copy only of what fails is too late: the target may change its input.
    const copy = typeof input === 'string' ? input : LAST.subarray(0, input.copy(LAST));
    try {
      target.check(input as never);
    } catch (cause) {
      const shown = typeof copy === 'string' ? JSON.stringify(copy) : copy.toString('hex');
      throw new Error(`${target.name} failed with ${shown}`, { cause });
    }
  }
  return count;
}

const LAST = Buffer.alloc(2 ** 16);
