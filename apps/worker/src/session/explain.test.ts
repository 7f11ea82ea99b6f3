import { RetryableError, TerminalError } from '@avatar-bridge/relay';
import { StoreUnavailableError } from '@avatar-bridge/session-store';
import { describe, expect, it } from 'vitest';
import { LostError } from '../lost-error.ts';
import {
  RetryableProviderError,
  SessionLostError,
  TerminalProviderError,
} from '../providers/provider-errors.ts';
import { explain } from './explain.ts';

describe('explain', () => {
  it.each<[string, Error, object]>([
    [
      'a refusal for good is an end',
      new TerminalProviderError('unauthorized', 'Check the key'),
      { kind: 'refused', code: 'unauthorized', end: { outcome: 'failed', message: 'Check the key' } },
    ],
    [
      'a refusal for now is another try',
      new RetryableProviderError('concurrency-limit', 'Full', { retryAfter: 5_000 }),
      { kind: 'no-slot', code: 'concurrency-limit', retryAfter: 5_000 },
    ],
    [
      'a vendor that is known to be out of order costs time, and was no try',
      new RetryableProviderError('vendor-away', 'Out of order', { retryAfter: 5_000 }),
      { kind: 'broken', code: 'vendor-away', retryAfter: 5_000, untried: true },
    ],
    [
      'a lost vendor session is another try',
      new SessionLostError('session-closed', 'Gone'),
      { kind: 'broken', code: 'session-closed', reason: 'Gone' },
    ],
    [
      'a lost room is another try',
      new LostError('vendor-lost', 'Gone'),
      { kind: 'broken', code: 'vendor-lost', reason: 'Gone' },
    ],
    [
      'a stage that lets nobody in is an end that names its variables',
      new TerminalError('unauthorized', 'x', { side: 'stage' }),
      {
        kind: 'elsewhere',
        code: 'stage-unauthorized',
        end: { message: expect.stringContaining('LIVEKIT_API_SECRET') },
      },
    ],
    [
      'being thrown out while joining the stage is no end, and no reason to come back at once',
      new TerminalError('removed', 'x', { side: 'stage' }),
      { kind: 'elsewhere', code: 'stage-removed', waiting: true, removed: true },
    ],
    [
      'a stage whose room is gone is waited for: it is made before the next try',
      new TerminalError('room-not-found', 'x', { side: 'stage' }),
      { kind: 'elsewhere', code: 'stage-room-not-found', waiting: true },
    ],
    [
      'a vendor room that lets nobody in is another try',
      new TerminalError('unauthorized', 'x', { side: 'source' }),
      { kind: 'broken', code: 'relay-unauthorized' },
    ],
    [
      'a stage that is away is another try',
      new RetryableError('signal-failed', 'x', { side: 'stage' }),
      { kind: 'elsewhere', code: 'stage-signal-failed' },
    ],
    [
      'a codec that can not be carried is an end',
      new TerminalError('unsupported-codec', 'x'),
      { end: { message: expect.stringContaining('videoEncoding') } },
    ],
    [
      'a network that lets no UDP through is another try, and named',
      new RetryableError('ice-failed', 'x', { side: 'source' }),
      { kind: 'broken', code: 'relay-ice-failed', reason: expect.stringContaining('UDP') },
    ],
    [
      'an avatar that does not show up is another try',
      new RetryableError('media-timeout', 'x'),
      { code: 'media-timeout' },
    ],
    [
      'an avatar that does not come to the stage is another try, and names the variables',
      new RetryableError('avatar-missing', 'x', { side: 'source' }),
      { kind: 'broken', code: 'avatar-missing', reason: expect.stringContaining('LIVEKIT_PUBLIC_URL') },
    ],
    [
      'Redis being away is another try',
      new StoreUnavailableError('test'),
      { kind: 'elsewhere', code: 'store-unavailable' },
    ],
    [
      'anything else is our fault, and another try',
      new TypeError('x is not a function'),
      { kind: 'broken', code: 'internal', reason: expect.stringContaining('log') },
    ],
  ])('%s', (_, error, expected) => {
    const down = explain(error);
    expect(down).toMatchObject(expected);
    expect('end' in expected).toBe(down.end !== undefined);
  });
});
