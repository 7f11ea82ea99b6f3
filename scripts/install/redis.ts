import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isAtLeast } from './versions.ts';
import {
  aptInstall,
  brewInstall,
  cacheDirectory,
  findProgram,
  isExecutable,
  MissingProgramError,
  progress,
  tryRun,
} from './cache.ts';

/** Finds a redis-server, or installs one. @throws MissingProgramError saying how to get it. */
export async function redisServer(): Promise<string> {
  const unpacked = join(cacheDirectory(), 'redis', 'usr', 'bin', 'redis-server');
  const find = async (): Promise<string | undefined> => {
    const found = findProgram(['redis-server', 'valkey-server'], isExecutable(unpacked) ? [unpacked] : []);
    return found && (await isAtLeast(found, [6, 2])) ? found : undefined;
  };
  const found = await find();
  if (found) return found;
  if (
    (await aptInstall('Installing redis-server', ['redis-server'])) ||
    (await brewInstall('Installing redis', 'redis')) ||
    (await unpackDebianPackage())
  ) {
    const installed = await find();
    if (installed) return installed;
  }
  throw new MissingProgramError(
    'redis-server',
    'No version 6.2 or newer could be found or installed from here.',
    [
      'Debian, Ubuntu: sudo apt-get install redis-server',
      'macOS: brew install redis',
      'or set REDIS_URL to a Redis 6.2 or newer that you run yourself',
    ],
  );
}

/** Without root, Debian's package can still be fetched and unpacked into the cache. */
async function unpackDebianPackage(): Promise<boolean> {
  const [apt, dpkg] = [findProgram(['apt-get']), findProgram(['dpkg'])];
  if (!apt || !dpkg) return false;
  const directory = join(cacheDirectory(), 'redis');
  mkdirSync(directory, { recursive: true });
  const script = `cd "$1" && apt-get download redis-server redis-tools && for each in *.deb; do dpkg -x "$each" .; done`;
  if (!(await progress('Fetching redis-server without root', 'sh', ['-c', script, 'sh', directory])).ok)
    return false;
  return (await tryRun(join(directory, 'usr', 'bin', 'redis-server'), ['--version'])) !== undefined;
}
