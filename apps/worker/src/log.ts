import { destination, type Logger, pino } from 'pino';
import { plainError } from './plain-error.ts';

/** Logs to stderr, because stdout belongs to the line that says that the worker is ready. */
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
