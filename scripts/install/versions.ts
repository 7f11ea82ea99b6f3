import { tryRun } from './cache.ts';

/** Whether `file --version` says at least this version; what cannot be told apart is taken as it is. */
export async function isAtLeast(
  file: string,
  [wantedMajor, wantedMinor]: [number, number],
): Promise<boolean> {
  const [, major, minor] = /(\d+)\.(\d+)/.exec((await tryRun(file, ['--version'])) ?? '') ?? [];
  if (major === undefined) return true;
  return Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
}
