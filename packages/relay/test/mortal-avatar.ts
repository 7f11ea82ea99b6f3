import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { AVATAR } from './rooms.ts';
import type { Rooms } from './rooms.ts';

export type MortalAvatar = {
  /** SIGKILL: its server is told nothing. */ kill(): Promise<void>;
  leave(): Promise<void>;
};

/** An avatar in a process of its own. */
export async function joinMortal(rooms: Rooms): Promise<MortalAvatar> {
  const child = fork(fileURLToPath(new URL('avatar-process.ts', import.meta.url)), [], {
    execArgv: [],
    stdio: 'inherit',
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  child.send({ url: rooms.url('vendor'), token: await rooms.token('vendor', AVATAR) });
  const published = once(child, 'message');
  const ended = once(child, 'exit').then(() =>
    Promise.reject(new Error('the avatar ended before it had published')),
  );
  ended.catch(() => {});
  await Promise.race([published, ended]);
  return { kill, leave: kill };
}
