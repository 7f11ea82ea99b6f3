import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { isAtLeast } from './versions.ts';
import {
  brewInstall,
  cacheDirectory,
  findProgram,
  isExecutable,
  MissingProgramError,
  progress,
  tryRun,
} from './cache.ts';

/** The newest release that `go install` takes: later ones have replace directives. */
export const livekitVersion = '1.13.5';
/** The oldest release that the tests run a stage on. */
export const oldestLivekitVersion = '1.9.12';

/** Finds a livekit-server, or installs one. @throws MissingProgramError saying how to get it. */
export async function livekitServer(): Promise<string> {
  const ours = cached(livekitVersion);
  if (isExecutable(ours)) return ours;
  const found = findProgram(['livekit-server']);
  if (found && (await isAtLeast(found, [1, 9]))) return found;
  if (await goInstall(livekitVersion, ours)) return ours;
  if (await brewInstall('Installing livekit-server', 'livekit')) {
    const installed = findProgram(['livekit-server']);
    if (installed) return installed;
  }
  if (await downloadRelease(livekitVersion, ours)) return ours;
  const container = await inDocker(livekitVersion);
  if (container) return container;
  throw new MissingProgramError(
    'livekit-server',
    `Version ${livekitVersion} could not be built or downloaded from here.`,
    [
      'install Go 1.24 or newer and run this again: it is then built by itself',
      'macOS: brew install livekit',
      `or put livekit-server ${livekitVersion} of LiveKit's releases into PATH`,
      'or set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET to a LiveKit that you run yourself (and VENDOR_LIVEKIT_… for the simulated vendor)',
    ],
  );
}

/** The oldest livekit-server that is tested, installed unless the cache has it. @throws MissingProgramError */
export async function oldestLivekitServer(): Promise<string> {
  const version = oldestLivekitVersion;
  const ours = cached(version);
  if (isExecutable(ours) || (await goInstall(version, ours)) || (await downloadRelease(version, ours)))
    return ours;
  const container = await inDocker(version);
  if (container) return container;
  throw new MissingProgramError(
    `livekit-server ${version}`,
    'It could not be built or downloaded from here.',
    [
      'install Go 1.24 or newer and run this again: it is then built by itself',
      `or put livekit-server ${version} of LiveKit's releases at ${ours}`,
    ],
  );
}

function cached(version: string): string {
  return join(cacheDirectory(), `livekit-server-${version}`, 'livekit-server');
}

async function goInstall(version: string, target: string): Promise<boolean> {
  const go = findProgram(['go'], ['/usr/local/go/bin/go', '/usr/lib/go/bin/go']);
  if (!go) return false;
  const [, major, minor] = /go(\d+)\.(\d+)/.exec((await tryRun(go, ['version'])) ?? '') ?? [];
  // From 1.21 on Go fetches the toolchain that a module asks for.
  if (Number(major) !== 1 || Number(minor) < 21) return false;
  const directory = join(target, '..');
  mkdirSync(directory, { recursive: true });
  const { ok } = await progress(
    `Building livekit-server ${version} with Go (once, some minutes)`,
    go,
    ['install', `github.com/livekit/livekit-server/cmd/server@v${version}`],
    {
      env: {
        ...process.env,
        GOBIN: directory,
        GOFLAGS: '-trimpath',
        CGO_ENABLED: '0',
        GOTOOLCHAIN: process.env['GOTOOLCHAIN'] ?? 'auto',
      },
    },
  );
  if (!ok) return false;
  renameSync(join(directory, 'server'), target);
  return true;
}

/** A program that runs the server in a container on this machine's network. Linux only: elsewhere that network is a virtual machine's. */
async function inDocker(version: string): Promise<string | undefined> {
  const docker = findProgram(['docker']);
  if (!docker || platform() !== 'linux' || (await tryRun(docker, ['info'])) === undefined) return undefined;
  const image = `livekit/livekit-server:v${version}`;
  if (!(await progress(`Pulling ${image}`, docker, ['pull', image])).ok) return undefined;
  const wrapper = join(cacheDirectory(), `livekit-server-${version}-in-docker`);
  writeFileSync(
    wrapper,
    `#!/bin/sh\nexec '${docker}' run --rm --network host -e LIVEKIT_CONFIG '${image}' "$@"\n`,
  );
  chmodSync(wrapper, 0o755);
  return wrapper;
}

async function downloadRelease(version: string, target: string): Promise<boolean> {
  const system = `${platform()}_${arch() === 'x64' ? 'amd64' : arch()}`;
  const release = `https://github.com/livekit/livekit/releases/download/v${version}`;
  const name = `livekit_${version}_${system}.tar.gz`;
  try {
    process.stderr.write(`… Downloading livekit-server ${version}\n`);
    const [archive, sums] = await Promise.all(
      [`${release}/${name}`, `${release}/checksums.txt`].map(fetchBytes),
    );
    if (!archive || !sums?.toString().includes(createHash('sha256').update(archive).digest('hex')))
      return false;
    const directory = join(target, '..');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, name), archive);
    if (
      (await tryRun('tar', ['-xzf', join(directory, name), '-C', directory, 'livekit-server'])) === undefined
    )
      return false;
    chmodSync(target, 0o755);
    return true;
  } catch {
    return false;
  }
}

async function fetchBytes(url: string): Promise<Buffer | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(300_000) });
  return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
}
