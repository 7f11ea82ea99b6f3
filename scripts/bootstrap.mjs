#!/usr/bin/env node
// Runs on the Node that npm has (20 or newer): brings the pinned pnpm, Node and packages, then hands over to the scripts that need them.
// Plain JavaScript on purpose: at this point nothing is installed yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pnpmVersion = '12.21.0';
const commands = {
  start: 'start everything and print the links',
  test: 'check and test everything on real servers',
  install: 'only fetch what is needed',
};

const command = process.argv[2] ?? 'help';
if (!(command in commands)) {
  const list = Object.entries(commands).map(([name, text]) => `  ${name.padEnd(9)}${text}`);
  process.stdout.write(`Usage: node scripts/bootstrap.mjs <command>\n\n${list.join('\n')}\n`);
  process.exit(command === 'help' || command === '--help' ? 0 : 2);
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(
    `Node ${process.versions.node} is too old.`,
    'Install Node 20 or newer, for example with your system’s package manager, then run this again.',
  );
}

const cache = join(
  process.env.XDG_CACHE_HOME ||
    (process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache')),
  'avatar-bridge',
);
const pnpmHome = join(cache, `pnpm-${pnpmVersion}`);
const pnpm = join(pnpmHome, 'node_modules', '.bin', 'pnpm');

if (!existsSync(pnpm)) {
  mkdirSync(pnpmHome, { recursive: true });
  await step(`Fetching pnpm ${pnpmVersion}`, 'npm', [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--prefix',
    pnpmHome,
    `pnpm@${pnpmVersion}`,
  ]);
}

const stamp = join(root, 'node_modules', '.avatar-bridge-installed');
const wanted = createHash('sha256')
  .update(
    ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']
      .map((file) => readFileSync(join(root, file), 'utf8'))
      .join('\0'),
  )
  .digest('hex');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  rmSync(stamp, { force: true });
  await step('Installing packages and Node 24', pnpm, [
    'install',
    '--frozen-lockfile',
    '--reporter=append-only',
  ]);
  writeFileSync(stamp, wanted);
}

if (command !== 'install') await handOver(join(root, 'scripts', `${command}.ts`), process.argv.slice(3));

/** The pinned Node came with the packages; where none is packaged for this platform, the one running will do if it is new enough. */
function findNode() {
  const pinned = join(root, 'node_modules', '.bin', 'node');
  if (spawnSync(pinned, ['--version'], { stdio: 'ignore' }).status === 0) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail(
    `There is no packaged Node 24 for ${process.platform} ${process.arch}, and this is Node ${process.versions.node}.`,
    'Install Node 24 (macOS: brew install node@24, then put it first in PATH), then run this again.',
  );
}

async function handOver(script, args) {
  const node = findNode();
  const path = [join(root, 'node_modules', '.bin'), dirname(pnpm), process.env.PATH].join(delimiter);
  const child = spawn(node, [script, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  // A terminal sends Ctrl-C to the child as well: it stops what it started, and this process only waits for it.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((resolve) => child.on('exit', (...result) => resolve(result)));
  process.exit(code ?? (signal === 'SIGINT' ? 130 : 1));
}

async function step(title, file, args) {
  const begun = Date.now();
  const live = process.stderr.isTTY;
  const elapsed = () => `${((Date.now() - begun) / 1000).toFixed(0)} s`;
  process.stderr.write(live ? `… ${title}` : `… ${title}\n`);
  const timer = live
    ? setInterval(() => process.stderr.write(`\r… ${title} (${elapsed()})`), 500)
    : undefined;
  let output = '';
  const code = await new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output = (output + chunk).slice(-8_000)));
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (status) => resolve(status));
  });
  clearInterval(timer);
  if (code !== 0)
    fail(
      `${title} failed (${code}):\n\n${output}`,
      'Is the npm registry reachable (npm ping)? Is there room on the disk? Then run this again: what was fetched is kept.',
    );
  process.stderr.write(`${live ? '\r' : ''}✓ ${title} (${elapsed()})\n`);
}

function fail(what, remedy) {
  process.stderr.write(`\n✗ ${what}\n  ${remedy}\n`);
  process.exit(1);
}
