import { startApp, type AppProcess } from '../../../../scripts/stack/app-process.ts';
import { freePort } from '../../../../scripts/servers/free-port.ts';

export { freePort };

/** A gateway as a process of its own, as it runs in production. */
export function gatewayProcess(env: Record<string, string>): Promise<AppProcess> {
  return startApp({ name: 'gateway', main: 'apps/gateway/src/main.ts', env });
}

/** Ends it as a power cut does. */
export async function killHard({ process }: AppProcess): Promise<void> {
  process.child.kill('SIGKILL');
  await process.exited;
}
