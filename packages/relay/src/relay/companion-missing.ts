import { RetryableError } from '../errors.ts';

export function companionMissing(identities: readonly string[], timeoutMs: number): RetryableError {
  const message = `source: ${identities.join(' and ')} did not join within ${timeoutMs} ms`;
  return new RetryableError('companion-missing', message, { side: 'source' });
}
