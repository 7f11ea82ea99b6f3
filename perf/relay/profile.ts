import { setTimeout as delay } from 'node:timers/promises';
import type { Carrier } from './carriers.ts';
import { Inspector } from './inspector.ts';
import type { Share } from './inspector.ts';
import type { Run } from './measure.ts';

export type Profile = {
  seconds: number;
  functions: Share[];
  allocations: Share[];
  allocationSeconds: number;
};

const ALLOCATION_SECONDS = 5;
const SHOWN = 18;

/** Profiles the main thread of the carrier's first process during a window, and what it allocates in the seconds after. */
export function profiler(): {
  during: (carrier: Carrier) => Promise<() => Promise<void>>;
  result(): Profile | undefined;
} {
  let profile: Profile | undefined;
  return {
    async during(carrier) {
      const [pid] = carrier.pids();
      if (pid === undefined) throw new Error('There is no host to profile');
      const inspector = await Inspector.attach(pid);
      const begunAt = performance.now();
      const stopProfile = await inspector.profile();
      return async () => {
        const functions = await stopProfile();
        const seconds = (performance.now() - begunAt) / 1_000;
        const stopAllocations = await inspector.allocations();
        await delay(ALLOCATION_SECONDS * 1_000);
        profile = {
          seconds,
          functions,
          allocations: await stopAllocations(),
          allocationSeconds: ALLOCATION_SECONDS,
        };
        inspector.close();
      };
    },
    result: () => profile,
  };
}

export function describeProfile(
  profile: Profile,
  { engine, sessions, cpuByThread, packetsPerSecond }: Run,
): string {
  const percent = (ms: number): string => ((100 * ms) / 1_000 / profile.seconds).toFixed(2).padStart(7);
  const lines = [
    `Profile of ${engine} with ${sessions} sessions, ${packetsPerSecond} packets/s`,
    '  threads, % of a core:',
    ...Object.entries(cpuByThread).map(([name, share]) => `${share.toFixed(2).padStart(9)}  ${name}`),
    '  main thread, self time in % of a core ((program): native code that no JavaScript called, and waiting for a core):',
    ...profile.functions
      .filter(({ name }) => name !== '(idle)')
      .slice(0, SHOWN)
      .map(({ name, where, self }) => `  ${percent(self)}  ${name}  ${where}`),
    '  allocated on the JavaScript heap, kB/s:',
    ...profile.allocations
      .slice(0, SHOWN)
      .map(
        ({ name, where, self }) =>
          `${(self / 1_000 / profile.allocationSeconds).toFixed(1).padStart(9)}  ${name}  ${where}`,
      ),
  ];
  return lines.join('\n');
}
