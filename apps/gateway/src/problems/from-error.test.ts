import {
  IdempotencyMismatchError,
  MailboxFullError,
  SessionEndedError,
  StoreUnavailableError,
  QueueFullError,
  UnknownMessageError,
  UnknownSessionError,
} from '@avatar-bridge/session-store';
import { HTTPException } from 'hono/http-exception';
import { expect, test } from 'vitest';
import { problemOf } from './from-error.ts';
import { ProblemError } from './problem-error.ts';

test.each([
  [new UnknownSessionError('ses_1'), 404, 'unknown-session'],
  [new UnknownMessageError('ses_1', 'msg_1'), 404, 'unknown-message'],
  [new SessionEndedError('ses_1'), 409, 'session-ended'],
  [new IdempotencyMismatchError(), 422, 'idempotency-mismatch'],
  [new MailboxFullError('ses_1', 500), 429, 'mailbox-full'],
  [new QueueFullError(7, { estimatedWaitMs: 60_000, retryAfter: 1_000 }), 429, 'no-slot'],
  [new StoreUnavailableError(new Error('connect ECONNREFUSED 10.0.0.1:6379')), 503, 'store-unavailable'],
  [new HTTPException(400), 400, 'not-json'],
  [new HTTPException(415), 415, 'unsupported-media-type'],
  [new ProblemError('bad-request', 'Correct it.'), 400, 'bad-request'],
  [new TypeError('x is not a function'), 500, 'internal'],
  ['thrown text', 500, 'internal'],
])('%s is a %i %s', (error, status, code) => {
  expect(problemOf(error)).toMatchObject({ status, code });
});

test('those that pass say when to come back, in whole seconds', () => {
  expect(problemOf(new MailboxFullError('ses_1', 500)).headers).toEqual({ 'retry-after': '2' });
  expect(problemOf(new StoreUnavailableError(new Error('down'))).headers).toEqual({ 'retry-after': '1' });
});

test('what is our own fault, and where Redis is, stays with us', () => {
  const told = [
    new StoreUnavailableError(new Error('connect ECONNREFUSED 10.0.0.1:6379')),
    new Error('secret-token in /srv/app.ts'),
  ];
  expect(told.map((error) => problemOf(error).message).join()).not.toMatch(
    /10\.0\.0\.1|secret-token|app\.ts/,
  );
});
