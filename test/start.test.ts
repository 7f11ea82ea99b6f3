import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { RunState } from '../scripts/stack/run-state.ts';
import { EventReader } from './setup/bridge.ts';

const run = promisify(execFile);

test('npm start prints a viewer’s link and a curl line that works when pasted, and Ctrl-C stops all it started', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'avatar-bridge-start-'));
  const child = spawn(process.execPath, ['scripts/start.ts', '--run-directory', directory], {
    env: {
      ...process.env,
      PORT: '0',
      REDIS_URL: '',
      LIVEKIT_URL: '',
      LIVEAVATAR_API_KEY: '',
      HEYGEN_API_KEY: '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    const printed = await new Promise<string>((resolve, reject) => {
      let text = '';
      let errors = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('Ctrl-C stops everything')) resolve(text);
      });
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      void exited.then((code) => reject(new Error(`It ended with ${code}:\n${text}${errors}`)));
    });
    const state = JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')) as RunState;
    expect(printed).toContain(state.viewerUrl);
    expect(printed).toContain(state.operatorsUrl);
    expect(printed).toContain('liveavatar-full, then liveavatar-lite, then heygen, then voice-only');
    const sessionId = /viewer\/(ses_\w+)/.exec(printed)?.[1] ?? '';

    const curl =
      /curl -s [\s\S]*?' *\n *-d '[^']*'/.exec(printed.replaceAll('\\\n', '\n'))?.[0].replace('\n', ' ') ??
      '';
    const { stdout } = await run('sh', ['-c', curl]);
    const accepted = JSON.parse(stdout) as { id: string; state: string };
    expect(accepted.state).toBe('accepted');
    const events = new EventReader(state.gatewayUrl, sessionId, state.chatbotKey);
    expect(await events.finished([accepted.id])).toEqual({ [accepted.id]: 'message.spoken' });
    events.close();
    expect((await fetch(state.operatorsUrl)).status).toBe(401);
    const operator = `Basic ${Buffer.from(`me:${state.operatorKey}`).toString('base64')}`;
    expect((await fetch(state.operatorsUrl, { headers: { authorization: operator } })).status).toBe(200);

    const { children } = JSON.parse(readFileSync(join(directory, 'processes.json'), 'utf8')) as {
      children: { pid: number }[];
    };
    expect(children.length).toBe(6);
    child.kill('SIGINT');
    expect(await exited).toBe(0);
    expect(children.filter(({ pid }) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(existsSync(join(directory, 'state.json'))).toBe(false);
  } finally {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
});
