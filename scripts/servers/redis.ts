import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { freePort } from './free-port.ts';
import { startProcess, untilReady, type ServerProcess } from './server-process.ts';

export type RedisServer = { url: string; port: number; process: ServerProcess; stop(): Promise<void> };

export type RedisServerOptions = {
  binary: string;
  /** Where its append-only file lives; without it nothing is written to disk. */
  directory?: string;
  port?: number;
  /** A port that the caller holds already, to start again on it. */
  ownPort?: number;
  /** Further settings, as on redis-server's command line. */
  args?: string[];
  logFile?: string;
};

/** Starts a redis-server of our own on the loopback address, with the settings that production needs. */
export async function startRedis(options: RedisServerOptions): Promise<RedisServer> {
  const port = options.ownPort ?? (await freePort(options.port));
  const persistence = options.directory
    ? ['--appendonly', 'yes', '--appendfsync', 'everysec', '--dir', options.directory]
    : ['--appendonly', 'no'];
  if (options.directory) mkdirSync(options.directory, { recursive: true });
  const process = startProcess({
    name: 'redis-server',
    file: options.binary,
    args: [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--maxmemory-policy',
      'noeviction',
      ...persistence,
      ...(options.args ?? []),
    ],
    logFile: options.logFile,
  });
  await untilReady(process, () => answersPing(port));
  return { url: `redis://127.0.0.1:${port}`, port, process, stop: () => process.stop() };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const done = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('data', (reply) => done(reply.toString().startsWith('+PONG')));
  });
}
