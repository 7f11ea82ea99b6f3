import * as rtp from '@avatar-bridge/livekit-rtp';
import { expect, test } from 'vitest';
import { CancelledError, RetryableError, TerminalError } from '../errors.ts';
import { roomError, stageDisconnected } from './room-error.ts';

test.each([
  [new rtp.TerminalError('unauthorized', 'no'), TerminalError, 'unauthorized'],
  [new rtp.RetryableError('ice-failed', 'no'), RetryableError, 'ice-failed'],
  [new rtp.CancelledError('no'), CancelledError, 'cancelled'],
  [new Error('no'), RetryableError, 'failed'],
])('%s keeps what the caller does next and says in which room it was', (error, expected, code) => {
  const mapped = roomError(error, 'stage');
  expect(mapped).toBeInstanceOf(expected);
  expect(mapped).toMatchObject({ code, side: 'stage', message: 'stage: no', cause: error });
  expect(roomError(mapped, 'source')).toBe(mapped);
});

test('a stage that somebody took us off is told from one that was lost', () => {
  expect(stageDisconnected('duplicate-identity')).toMatchObject({ code: 'removed', side: 'stage' });
  expect(stageDisconnected('server-shutdown')).toMatchObject({ code: 'disconnected', side: 'stage' });
});
