import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { RoomServiceClient } from 'livekit-server-sdk';
import { describe, expect, inject, it } from 'vitest';
import { HeyGenClient } from '@avatar-bridge/heygen-client';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

function run(env: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { env: { PATH: process.env['PATH'], ...env } });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, output, exit: once(child, 'close').then(([code]) => code as number | null) };
}

describe('the process', () => {
  it('says all that is wrong with its configuration at once', async () => {
    const { output, exit } = run({
      SIMULATOR_CONCURRENCY: 'many',
      VENDOR_LIVEKIT_URL: 'http://localhost',
      VENDOR_LIVEKIT_API_SECRET: 'hush',
    });
    expect(await exit).toBe(1);
    for (const name of [
      'SIMULATOR_API_KEY',
      'SIMULATOR_CONCURRENCY',
      'VENDOR_LIVEKIT_URL',
      'VENDOR_LIVEKIT_API_KEY',
    ]) {
      expect(output.stderr).toContain(`${name}: `);
    }
    expect(output.stderr).not.toContain('hush');
    expect(output.stdout).toBe('');
  });

  it('explains itself', async () => {
    const { output, exit } = run({}, '--help');
    expect(await exit).toBe(0);
    expect(output.stdout).toContain('SIMULATOR_START_DELAY');
    expect(output.stdout).toContain('(default 20)');
  });

  it('prints where it listens, serves the API, and leaves no room behind on SIGTERM', async () => {
    const { url, apiKey, apiSecret } = inject('livekit').vendor;
    const { child, output, exit } = run({
      SIMULATOR_PORT: '0',
      SIMULATOR_API_KEY: 'key-of-the-process',
      VENDOR_LIVEKIT_URL: url,
      VENDOR_LIVEKIT_API_KEY: apiKey,
      VENDOR_LIVEKIT_API_SECRET: apiSecret,
      SIMULATOR_TLS_PORT: '0',
      SIMULATOR_MISSPELT: 'x',
    });
    await once(child.stdout, 'data');
    const { listening } = JSON.parse(output.stdout) as { listening: string };
    await using client = new HeyGenClient({ apiKey: 'key-of-the-process', baseUrl: listening });
    const { sessionId } = await client.newSession();
    await client.start(sessionId);
    const rooms = new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret);
    expect(await rooms.listRooms([sessionId])).toHaveLength(1);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(await rooms.listRooms([sessionId])).toHaveLength(0);
    expect(output.stderr).toContain('SIMULATOR_MISSPELT');
    expect(output.stderr).not.toContain('key-of-the-process');
    expect(output.stderr).not.toContain(apiSecret);
  });
});
