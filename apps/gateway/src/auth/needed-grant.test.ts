import { expect, test } from 'vitest';
import { neededGrant } from './needed-grant.ts';

test.each([
  ['GET', '/v1/sessions/ses_1', 'watch'],
  ['HEAD', '/v1/sessions/ses_1/events', 'watch'],
  ['GET', '/v1/sessions/ses_1/socket', 'watch'],
  ['POST', '/v1/sessions/ses_1/viewers', 'watch'],
  ['POST', '/v1/sessions/ses_1/messages', 'say'],
  ['DELETE', '/v1/sessions/ses_1/messages/msg_1', 'interrupt'],
  ['POST', '/v1/sessions/ses_1/interrupt', 'interrupt'],
  ['DELETE', '/v1/sessions/ses_1', 'stop'],
  ['POST', '/v1/sessions/ses_1/restart', 'restart'],
  ['POST', '/v1/sessions', undefined],
  ['GET', '/v1/sessions', undefined],
  ['GET', '/v1/sessions/ses_10', undefined],
  ['GET', '/v1/sessions/ses_2/events', undefined],
  ['POST', '/v1/sessions/ses_1', undefined],
  ['POST', '/v1/sessions/ses_1/something-new', undefined],
  ['PATCH', '/v1/sessions/ses_1', undefined],
  ['POST', '/v1/streaming.new', undefined],
])('%s %s needs %s', (method, path, needed) => {
  expect(neededGrant('ses_1', method, path)).toBe(needed);
});
