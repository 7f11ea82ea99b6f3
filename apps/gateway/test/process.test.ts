import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { fileURLToPath } from 'node:url';
import { testEnvironment } from './support/gateway.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Runs the gateway until it ends, or until it listens, when it is told to stop. */
async function run(
  env: Record<string, string>,
  args: string[] = [],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stopped = false;
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      said[name] += chunk.toString();
      if (!stopped && said.stdout.includes('listening')) stopped = child.kill('SIGINT');
    });
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...said };
}

test('a faulty configuration is told all at once, and nothing starts', async () => {
  const { code, stdout, stderr } = await run({ NODE_ENV: 'production', PORT: 'x' });
  expect([code, stdout]).toEqual([1, '']);
  for (const name of [
    'PORT',
    'LIVEKIT_URL',
    'LIVEKIT_API_SECRET',
    'BRIDGE_CHATBOT_KEYS',
    'BRIDGE_OPERATOR_KEYS',
  ])
    expect(stderr).toContain(`- ${name}: `);
  expect(stderr).not.toMatch(/ at .*\.ts/);
});

test('a port that is taken is told in one line', async () => {
  const { createServer } = await import('node:http');
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const { code, stderr } = await run(testEnvironment({ PORT: String(port), BRIDGE_LOG_LEVEL: 'silent' }));
  taken.close();
  expect([code, stderr.trim()]).toEqual([1, `listen EADDRINUSE: address already in use 127.0.0.1:${port}`]);
});

test('--help lists the variables', async () => {
  const { code, stdout } = await run({}, ['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('BRIDGE_MAILBOX_LIMIT');
});

test('it says where it listens on stdout alone, warns of misspelt variables, and makes up keys where none are needed', async () => {
  const env = testEnvironment({
    BRIDGE_CHATBOT_KEYS: '',
    BRIDGE_OPERATOR_KEYS: '',
    BRIDGE_CHATBOT_KEY: 'misspelt',
  });
  const { code, stdout, stderr } = await run(env);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ listening: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  expect(stderr).toMatch(/"chatbot":"chatbot_[\w-]{32}","operator":"operator_[\w-]{32}"/);
  expect(stderr).toContain('BRIDGE_CHATBOT_KEY');
  expect(stderr).not.toContain('misspelt"');
  expect(stderr).not.toContain(env.LIVEKIT_API_SECRET);
});
