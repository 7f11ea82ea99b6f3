import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where what was fetched is kept between runs and clones. */
export function cacheDirectory(): string {
  const base =
    process.env['XDG_CACHE_HOME'] ||
    (process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache'));
  const directory = join(base, 'avatar-bridge');
  mkdirSync(directory, { recursive: true });
  return directory;
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first of the named programs that PATH or one of the extra places has. */
export function findProgram(names: string[], places: string[] = []): string | undefined {
  const directories = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/bin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ].filter(Boolean);
  const candidates = [
    ...directories.flatMap((directory) => names.map((name) => join(directory, name))),
    ...places,
  ];
  return candidates.find(isExecutable);
}

/** Runs a program quietly and resolves to what it printed, or to undefined when it failed. */
export async function tryRun(file: string, args: string[], timeout = 30_000): Promise<string | undefined> {
  try {
    return (await run(file, args, { timeout })).stdout;
  } catch {
    return undefined;
  }
}

/** What could not be had, and what a person can do about it. */
export class MissingProgramError extends Error {
  override name = 'MissingProgramError';
  constructor(program: string, why: string, remedies: string[]) {
    super(`${program} is missing. ${why}\n${remedies.map((remedy) => `  - ${remedy}`).join('\n')}`);
  }
}

/** Runs a long installation and shows that it goes on. Resolves to the exit code and the end of what it printed. */
export async function progress(
  title: string,
  file: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<{ ok: boolean; output: string }> {
  const begun = Date.now();
  const live = process.stderr.isTTY;
  const elapsed = (): string => `${Math.round((Date.now() - begun) / 1000)} s`;
  process.stderr.write(live ? `… ${title}` : `… ${title}\n`);
  const timer = setInterval(
    () =>
      process.stderr.write(live ? `\r… ${title} (${elapsed()})` : `  still at it: ${title} (${elapsed()})\n`),
    live ? 500 : 30_000,
  );
  let output = '';
  const ok = await new Promise<boolean>((resolve) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => {
      output += error.message;
      resolve(false);
    });
    child.once('exit', (code) => resolve(code === 0));
  });
  clearInterval(timer);
  process.stderr.write(`${live ? '\r' : ''}${ok ? '✓' : '✗'} ${title} (${elapsed()})\n`);
  return { ok, output };
}

let aptUpdated = false;

/** Installs Debian packages when this user may: as root, or by a sudo that asks nothing. */
export async function aptInstall(title: string, packages: string[]): Promise<boolean> {
  const apt = findProgram(['apt-get']);
  if (!apt) return false;
  const root = process.getuid?.() === 0;
  const sudo = root ? undefined : findProgram(['sudo']);
  if (!root && (!sudo || (await tryRun(sudo, ['-n', 'true'])) === undefined)) return false;
  const asRoot = (args: string[]): [string, string[]] => (sudo ? [sudo, ['-n', apt, ...args]] : [apt, args]);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (!aptUpdated) {
    aptUpdated = (await progress('Reading the list of Debian packages', ...asRoot(['update', '-q']), { env }))
      .ok;
  }
  return (
    await progress(title, ...asRoot(['install', '-y', '-q', '--no-install-recommends', ...packages]), { env })
  ).ok;
}

/** Installs with Homebrew where there is one. */
export async function brewInstall(title: string, formula: string): Promise<boolean> {
  const brew = findProgram(['brew']);
  return brew !== undefined && (await progress(title, brew, ['install', formula])).ok;
}
