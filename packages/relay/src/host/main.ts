import type { Logger } from '@avatar-bridge/livekit-rtp';
import type { HostedEngine } from '../media-relay.ts';
import { loadEngine } from './engines.ts';
import { HostedRelays } from './hosted-relays.ts';
import type { HostCommand, HostMessage } from './protocol.ts';

/**
 * A relay host: a process that carries relays for the worker that forked it. When the worker is gone without
 * a word, it carries on for the grace time (first argument, ms), so that viewers see the avatar until another
 * worker takes the session over; that worker's joining ends the relays here, since it comes under the same
 * identities. All its relays use one engine (second argument).
 */
const orphanGrace = Number(process.argv[2]);
const engineName = process.argv[3] as HostedEngine;
const DISPOSE_TIMEOUT = 1_000;
let leaving = false;

function send(message: HostMessage): void {
  if (process.connected) process.send?.(message, () => {});
}

function log(level: 'info' | 'warn' | 'error'): (fields: object, message: string) => void {
  return (fields, message) => send({ type: 'log', level, fields: flatten(fields), message });
}

/** Errors do not survive JSON. */
function flatten(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? { name: value.name, message: value.message } : (value as unknown),
    ]),
  );
}

const logger: Logger = { debug: () => {}, info: log('info'), warn: log('warn'), error: log('error') };
const engine = loadEngine(engineName, () => {
  logger.error({ engine: engineName }, 'native code panicked');
  setImmediate(() => process.exit(1));
});
const relays = new HostedRelays({ engine, send, logger, onEmpty: () => !process.connected && void exit() });

async function leave(reason: string): Promise<void> {
  if (leaving) return;
  leaving = true;
  await relays.closeAll(reason);
  await exit();
}

/** The channel's messages are written before the process ends. */
async function exit(): Promise<void> {
  if (process.connected) process.disconnect();
  setTimeout(() => process.exit(0), DISPOSE_TIMEOUT);
  await (await engine).dispose();
  process.exit(0);
}

process.on('message', (command: HostCommand) => {
  if (command.type === 'leave') void leave(command.reason);
  else relays.handle(command);
});
process.on('disconnect', () => {
  if (leaving) return;
  relays.orphan();
  if (relays.size === 0) void exit();
  else setTimeout(() => void leave('worker-gone'), orphanGrace);
});
// Signals to the process group are meant for the worker; it tells us when its sessions are through.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// With the worker its end of the pipe may be gone, too.
process.stderr.on('error', () => {});
