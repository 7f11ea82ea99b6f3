import { stdSerializers } from 'pino';

/** LiveKit's server answers a refused token with that token. */
const tokens = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g;

/**
 * What the log says of an error: type, message and stack, without tokens. Libraries hang commands, and with
 * them users' texts, onto theirs.
 */
export function plainError(error: Error): { type: string; message: string; stack: string } {
  const { type, message, stack } = stdSerializers.err(error);
  return { type, message: message.replace(tokens, '<token>'), stack: stack.replace(tokens, '<token>') };
}
