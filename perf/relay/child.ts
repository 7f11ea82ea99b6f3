import { fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { join } from 'node:path';

/** A process of the bench that answers one request after the other over its IPC channel, and ends when that closes. */
export type Child<Request, Answer> = {
  readonly pid: number;
  /** Rejects when the process fails, ends, or does not answer within `timeout` ms. */
  ask(request: Request, timeout: number): Promise<Answer>;
  stop(): Promise<void>;
};

const PATIENCE = 5_000;

/** Starts a module beside this one, which calls `answerRequests`. */
export function startChild<Request, Answer>(module: string): Child<Request, Answer> {
  const child = fork(join(import.meta.dirname, module), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  return {
    pid: child.pid ?? -1,
    ask(request, timeout) {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const late = setTimeout(
        () => reject(new Error(`${module} did not answer within ${timeout / 1000} s`)),
        timeout,
      );
      const onMessage = (message: { answer?: Answer; error?: string }): void => {
        if (message.error === undefined) resolve(message.answer as Answer);
        else reject(new Error(`${module}: ${message.error}`));
      };
      const onExit = (): void => reject(new Error(`${module} ended before it answered`));
      child.once('message', onMessage);
      child.once('exit', onExit);
      child.send(request as object, (error) => error && reject(error));
      return promise.finally(() => {
        clearTimeout(late);
        child.off('message', onMessage);
        child.off('exit', onExit);
      });
    },
    async stop() {
      if (child.connected) child.disconnect();
      const killer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
      if (child.exitCode === null && child.signalCode === null) await exited;
      clearTimeout(killer);
    },
  };
}

/**
 * Lets this process, and the threads that it starts from now on, run before others, if that is allowed: what waits for a core itself cannot
 * tell how long others waited.
 */
export function runFirst(): void {
  try {
    setPriority(-15);
  } catch {
    // It needs root.
  }
}

/** The other end: `work` is called for each request; `leave` before the process ends. */
export function answerRequests(
  work: (request: unknown) => Promise<unknown>,
  leave: () => Promise<unknown>,
): void {
  // A Ctrl-C is meant for the bench, which closes the channel.
  process.on('SIGINT', () => {});
  process.on('message', (request) => {
    work(request).then(
      (answer) => process.send?.({ answer }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.once('disconnect', () => void leave().finally(() => process.exit(0)));
}
