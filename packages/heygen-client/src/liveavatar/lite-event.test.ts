import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseLiteMessage } from './lite-event.ts';

test.for([
  [
    { type: 'session.state_updated', state: 'connected' },
    { type: 'session.state_updated', state: 'connected' },
  ],
  [
    { type: 'agent.speak_started', event_id: 'theirs', source_event_id: 'ours', task: { id: 't' } },
    { type: 'agent.speak_started', sourceEventId: 'ours', taskId: 't' },
  ],
  [
    { type: 'agent.speak_ended', event_id: 'ours', source_event_id: null, task: null },
    { type: 'agent.speak_ended', sourceEventId: 'ours' },
  ],
  [{ type: 'agent.speak_ended', event_id: 'theirs' }, { type: 'agent.speak_ended' }],
  [
    { type: 'agent.state_updated', previous_state: 'idle', new_state: 'talking', source_event_id: null },
    { type: 'agent.state_updated', previous: 'idle', state: 'talking' },
  ],
  [
    { type: 'agent.state_updated', new_state: 'dancing' },
    { type: 'unknown', name: 'agent.state_updated' },
  ],
  [
    { type: 'error', error: { type: 'video_starvation', message: 'too slow', event_id: 'ours' } },
    { type: 'error', kind: 'video_starvation', message: 'too slow', sourceEventId: 'ours' },
  ],
  [
    { type: 'error', message: 'bad' },
    { type: 'error', kind: 'unknown', message: 'bad' },
  ],
  [
    { type: 'warning', warning: { type: 'w' } },
    { type: 'warning', kind: 'w', message: '' },
  ],
  [{ type: 'agent.sneezed' }, { type: 'unknown', name: 'agent.sneezed' }],
] as const)('%j is understood', ([message, expected]) => {
  const payload = Buffer.from(JSON.stringify(message));
  expect(parseLiteMessage(payload, (id) => id === 'ours')).toEqual({ ...expected, raw: message });
});

test('no message makes the parser throw, and what it returns has the types it says', () => {
  const name = fc.constantFrom('agent.speak_ended', 'agent.state_updated', 'error', 'warning', 'constructor');
  const nearly = fc.record({
    type: fc.oneof(name, fc.jsonValue()),
    event_id: fc.jsonValue(),
    source_event_id: fc.jsonValue(),
    task: fc.jsonValue(),
    new_state: fc.jsonValue(),
    error: fc.jsonValue(),
    warning: fc.jsonValue(),
  });
  const payload = fc.oneof(
    fc.string(),
    fc.json(),
    fc.uint8Array(),
    nearly.map((message) => JSON.stringify(message)),
  );
  const property = fc.property(payload, (p) => {
    const event: object = parseLiteMessage(p) ?? {};
    return Object.entries(event).every(([key, value]) => key === 'raw' || typeof value === 'string');
  });
  expect(() => fc.assert(property)).not.toThrow();
});
