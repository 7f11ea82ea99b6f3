import { destination, pino, stdSerializers, type DestinationStream, type Logger } from 'pino';

/**
 * Logs to stderr, because stdout belongs to the line that says where we listen. Errors are logged by type, message and stack
 * only: libraries hang commands, and with them users' texts, onto theirs.
 */
export function createLogger(level: string, to: DestinationStream = stderr()): Logger {
  return pino(
    {
      level,
      base: { app: 'gateway' },
      timestamp: () => `,"time":${Date.now()}`,
      serializers: { err: plainError },
    },
    to,
  );
}

/** In blocks: a write for each line costs more than all the rest of a request's logging. */
function stderr(): DestinationStream {
  const stream = destination({ dest: 2, sync: false, minLength: 4096 });
  setInterval(() => stream.flush(), 200).unref();
  return stream;
}

function plainError(error: Error): { type: string; message: string; stack: string } {
  const { type, message, stack } = stdSerializers.err(error);
  return { type, message, stack };
}
