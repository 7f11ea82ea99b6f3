// npm test: every check and every test, on real servers.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium } from './install/chromium.ts';
import { buildConsole } from './install/console.ts';
import { livekitServer, oldestLivekitServer } from './install/livekit-server.ts';
import { redisServer } from './install/redis.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const filters = process.argv.slice(2);

if (filters.includes('--help') || filters.includes('-h')) {
  process.stdout.write(
    'Usage: npm test [-- <part of a test file’s path> …]\n\nChecks format, lint and types, then runs the tests; with arguments only the tests they name.\n',
  );
  process.exit(0);
}

try {
  const found = {
    redisServer: await redisServer(),
    livekitServer: await livekitServer(),
    chromium: await chromium(),
  };
  for (const [name, path] of Object.entries(found)) process.stdout.write(`✓ ${name}: ${path}\n`);
  await buildConsole();
  if (filters.length === 0) {
    // One of the tests needs it, and builds it when it is not there: beside the checks it costs less time.
    const oldest = oldestLivekitServer();
    for (const step of ['fmt:check', 'lint', 'typecheck']) await run('pnpm', ['--silent', 'run', step]);
    await oldest;
  }
  await run('vitest', ['run', ...filters]);
} catch (error) {
  process.stderr.write(`\n✗ ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function run(file: string, args: string[]): Promise<void> {
  process.stdout.write(`\n▸ ${[file, ...args].join(' ')}\n`);
  const code = await new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`${[file, ...args].join(' ')} failed`);
}
