import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a fuzz process saw. Sizes in MB, after a garbage collection: when a tenth of the inputs was through, and at the end. */
export type FuzzReport = { inputs: number; heapMb: [number, number] };

/** Another run of the same tests tries other inputs with `FUZZ_SEED=<any number>`. */
export const seed = Number(process.env.FUZZ_SEED ?? 1);

const ENOUGH_OUTPUT = 4_000;

/**
 * Runs a script of inputs in a process of its own, which a native crash may end. Rejects with the seed and with what the process said, unless it
 * reported and ended by itself with code 0.
 */
export async function fuzz<R extends FuzzReport>(script: string, base: string): Promise<R> {
  const child = fork(fileURLToPath(new URL(`fuzz/${script}`, base)), [String(seed)], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  let report: R | undefined;
  const keep = (data: Buffer): void => void (output = (output + data.toString()).slice(-ENOUGH_OUTPUT));
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.on('message', (message) => (report = message as R));
  const end = await new Promise<number | string | null>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? code)),
  );
  if (end !== 0 || report === undefined)
    throw new Error(`${script} ended with ${end}; try it again with FUZZ_SEED=${seed}\n${output}`);
  return report;
}
