import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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

/** What other people's clients of LiveAvatar are tested with. */
const packages = ['livekit-plugins-liveavatar==1.8.9', 'livekit-agents==1.8.9'];
const environmentName = 'python-liveavatar-1.8.9';
const names = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];

/**
 * The Python of an environment that has `livekit-plugins-liveavatar`. The environment is made once, with pip's own
 * configuration, and kept in the cache directory. @throws MissingProgramError saying what to do.
 */
export async function liveAvatarPython(): Promise<string> {
  const environment = join(cacheDirectory(), environmentName);
  const ready = join(environment, 'bin', 'python');
  // It is moved to its place when it is complete. What it links to may have been removed since.
  if (isExecutable(ready)) return ready;
  const python = await python3();
  rmSync(environment, { recursive: true, force: true });
  const draft = mkdtempSync(`${environment}-`);
  try {
    await makeEnvironment(python, draft);
    // Two runs may have made it at the same time: the first one stays.
    if (!existsSync(environment)) renameSync(draft, environment);
    return ready;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function makeEnvironment(python: string, directory: string): Promise<void> {
  const made = await progress('Making a Python environment', python, ['-m', 'venv', directory]);
  if (!made.ok)
    throw new MissingProgramError('A Python environment', `${python} -m venv failed:\n${made.output}`, [
      'Debian, Ubuntu: sudo apt-get install python3-venv',
      'or set PYTHON_PATH to another Python 3.10 or newer',
    ]);
  const installed = await progress(
    `Installing ${packages.join(' and ')} (once, about a minute)`,
    join(directory, 'bin', 'python'),
    ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', ...packages],
  );
  if (!installed.ok)
    throw new MissingProgramError(packages[0] ?? '', `pip could not install it:\n${installed.output}`, [
      'check that pip reaches a package index: pip config list, pip download livekit-agents',
      'or set PYTHON_PATH to a Python for which the packages are built, for example 3.12',
    ]);
}

/** Finds a Python that can make environments, or installs one. */
async function python3(): Promise<string> {
  const configured = process.env['PYTHON_PATH'];
  if (configured) {
    if (await isUsable(configured)) return configured;
    throw new MissingProgramError('Python', `PYTHON_PATH (${configured}) is no Python 3.10 with venv.`, [
      'set PYTHON_PATH to a Python 3.10 or newer, or unset it',
    ]);
  }
  const found = await usablePython();
  if (found) return found;
  if (
    (await aptInstall('Installing Python', ['python3', 'python3-venv'])) ||
    (await brewInstall('Installing Python', 'python@3.12'))
  ) {
    const installed = await usablePython();
    if (installed) return installed;
  }
  throw new MissingProgramError(
    'Python',
    "No version 3.10 or newer with venv could be found or installed from here. A test runs LiveKit's plugin in it.",
    [
      'Debian, Ubuntu: sudo apt-get install python3 python3-venv',
      'macOS: brew install python@3.12',
      'or set PYTHON_PATH to a Python 3.10 or newer',
    ],
  );
}

async function usablePython(): Promise<string | undefined> {
  for (const name of names) {
    const candidate = findProgram([name]);
    if (candidate && (await isUsable(candidate))) return candidate;
  }
  return undefined;
}

/** A version manager's shim can be executable and still run nothing; Debian's Python has no venv by itself. */
async function isUsable(python: string): Promise<boolean> {
  const script = 'import sys, venv, ensurepip; print(sys.version_info >= (3, 10))';
  return (await tryRun(python, ['-c', script]))?.trim() === 'True';
}
