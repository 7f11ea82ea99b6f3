import { destination, type Logger, pino, stdSerializers } from 'pino';

/**
 * Logs to stderr, because stdout belongs to the line that says that the worker is ready. Errors are logged by type, message and
 * stack only: libraries hang commands, and with them users' texts, onto theirs.
 */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: { app: 'worker' },
      timestamp: () => `,"time":${Date.now()}`,
      serializers: { err: plainError },
    },
    destination({ dest: 2, sync: false }),
  );
}

function plainError(error: Error): { type: string; message: string; stack: string } {
  const { type, message, stack } = stdSerializers.err(error);
  return { type, message, stack };
}
