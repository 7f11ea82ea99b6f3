import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { liveAvatarPython } from '../../scripts/install/python.ts';
import type { ProvidedLivekit } from './provided.ts';

export type PluginSettings = {
  livekit: ProvidedLivekit;
  room: string;
  apiUrl: string;
  apiKey: string;
  avatarId: string;
};
/** What liveavatar-plugin.py tells; `at` in epoch ms. */
export type PluginStep = { at: number } & (
  | { step: 'joined'; avatar: string }
  | { step: 'speaking' | 'interrupting'; utterance: string }
  | { step: 'finished'; utterance: string; interrupted: boolean }
  | { step: 'stopped' }
);

const script = fileURLToPath(new URL('liveavatar-plugin.py', import.meta.url));

/** Runs the plugin's session to its end; `log` is what Python's loggers said. */
export async function runPlugin(settings: PluginSettings): Promise<{ steps: PluginStep[]; log: string }> {
  const python = await liveAvatarPython();
  const child = spawn(python, [script], {
    env: { ...process.env, SETTINGS: JSON.stringify(settings) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const steps: PluginStep[] = [];
  let log = '';
  let line = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (line + chunk.toString()).split('\n');
    line = lines.pop() ?? '';
    for (const one of lines) steps.push(JSON.parse(one) as PluginStep);
  });
  // Each of its steps has a time limit of its own.
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new Error(`The plugin ended with ${String(code)} after ${JSON.stringify(steps)}:\n${log}`);
  return { steps, log };
}
