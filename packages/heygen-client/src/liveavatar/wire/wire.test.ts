import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as wire from './index.ts';

test('an answer of /start with nulls, strings and unknown fields is read', () => {
  const body = {
    session_id: 's',
    livekit_url: null,
    livekit_client_token: null,
    max_session_duration: '1200',
    ws_url: 'wss://x',
    extra: {},
  };
  expect(wire.StartResponse.parse(body)).toMatchObject({
    session_id: 's',
    livekit_url: undefined,
    max_session_duration: 1200,
    ws_url: 'wss://x',
  });
});

test('an odd entry of a list does not hide the others', () => {
  const { results, count } = wire.ListResponse.parse({
    count: '3',
    results: [{ id: 'a', duration: '7', end_reason: null }, null, { mode: 'FULL' }, { id: 'b', mode: 7 }],
    next: null,
  });
  expect(count).toBe(3);
  expect(results).toMatchObject([
    { id: 'a', duration: 7 },
    { id: 'b', mode: undefined },
  ]);
});

test('credits are a number whatever the vendor writes', () => {
  expect(wire.CreditsResponse.parse({ credits_left: '12.50' }).credits_left).toBe(12.5);
  expect(wire.CreditsResponse.parse({ credits_left: 3 }).credits_left).toBe(3);
  expect(wire.CreditsResponse.safeParse({ credits_left: 'many' }).success).toBe(false);
});

test('ids of LITE commands may be left out or null', () => {
  for (const event_id of [undefined, null, 'x'])
    expect(wire.LiteCommand.safeParse({ type: 'agent.interrupt', event_id }).success).toBe(true);
});

test.for([
  [wire.LiteMessage, { type: 'agent.speak_started', event_id: 7, source_event_id: null, task: null }],
  [wire.LiteMessage, { type: 'agent.state_updated', previous_state: 'thinking', new_state: 'talking' }],
  [wire.LiteMessage, { type: 'error', error: { type: 'video_starvation', message: null } }],
  [wire.ResponseMessage, { event_type: 'session.stopped', end_reason: null, stop_reason: 'IDLE_TIMEOUT' }],
  [wire.ResponseMessage, { event_type: 'avatar.speak_ended' }],
  [wire.ControlMessage, { event_type: 'avatar.interrupt', session_id: null }],
] as const)('takes odd values where nothing depends on them', ([schema, message]) => {
  expect(schema.safeParse(message).success).toBe(true);
});

test('no value makes a schema throw', () => {
  const schemas = Object.values(wire).filter((part) => typeof part === 'object' && 'safeParse' in part);
  expect(schemas.length).toBeGreaterThan(30);
  const value = fc.oneof(fc.anything(), fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()));
  const property = fc.property(value, (v) => {
    for (const schema of schemas) schema.safeParse(v);
  });
  expect(() => fc.assert(property)).not.toThrow();
});
