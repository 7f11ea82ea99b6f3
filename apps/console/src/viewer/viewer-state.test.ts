import type { SessionEventBody, StreamedEvent } from '@avatar-bridge/contracts';
import { expect, test } from 'vitest';
import { enabledControls, initialState, nextViewerState, type ViewerState } from './viewer-state.ts';

const sessionId = `ses_${'0'.repeat(32)}`;
const messageId = `msg_${'0'.repeat(32)}`;
let n = 0;
const happen = (state: ViewerState, ...bodies: SessionEventBody[]): ViewerState =>
  bodies.reduce(
    (s, body) =>
      nextViewerState(s, {
        type: 'event',
        event: { id: `1-${n++}`, at: 1, sessionId, ...body } as StreamedEvent,
      }),
    state,
  );

const live = happen(
  initialState,
  { type: 'session.queued', position: 0 },
  { type: 'session.starting', epoch: 1, worker: 'w' },
  { type: 'session.live', room: 'r' },
);

test('nothing works before it is known how the session is', () => {
  expect(enabledControls(initialState, { busy: false, text: 'hello' })).toEqual({
    start: false,
    close: false,
    speak: false,
    interrupt: false,
  });
});

test('a live session can be closed, and spoken to when there is a text', () => {
  expect(live.session).toBe('live');
  expect(enabledControls(live, { busy: false, text: '  ' })).toEqual({
    start: false,
    close: true,
    speak: false,
    interrupt: false,
  });
  expect(enabledControls(live, { busy: false, text: 'hello' }).speak).toBe(true);
});

test('interrupt works while something is unfinished', () => {
  const asked = happen(live, { type: 'message.accepted', messageId, seq: 1, mode: 'repeat', text: 'hi' });
  expect(enabledControls(asked, { busy: false, text: '' }).interrupt).toBe(true);
  const spoken = happen(asked, { type: 'message.spoken', messageId, seq: 1 });
  expect(enabledControls(spoken, { busy: false, text: '' }).interrupt).toBe(false);
});

test('a failed session says why and can be started anew', () => {
  const failed = happen(live, {
    type: 'session.ended',
    outcome: 'failed',
    code: 'unauthorized',
    message: 'Set HEYGEN_API_KEY',
  });
  expect(failed.notice).toBe('Set HEYGEN_API_KEY');
  expect(enabledControls(failed, { busy: false, text: 'x' })).toEqual({
    start: true,
    close: false,
    speak: false,
    interrupt: false,
  });
});

test('nothing is enabled twice while a request is under way', () => {
  expect(enabledControls(live, { busy: true, text: 'x' })).toEqual({
    start: false,
    close: false,
    speak: false,
    interrupt: false,
  });
});

test('the log stays bounded', () => {
  const long = Array.from({ length: 1_000 }).reduce<ViewerState>(
    (s) => happen(s, { type: 'avatar.state', state: 'listening' }),
    live,
  );
  expect(long.log.length).toBe(400);
});

test('tells who speaks', () => {
  const opened = happen(live, { type: 'vendor.opened', provider: 'liveavatar-full', vendorSessionId: 'v' });
  expect(opened.provider).toBe('liveavatar-full');
  const changed: SessionEventBody = {
    type: 'provider.changed',
    from: 'liveavatar-full',
    to: 'voice-only',
    reason: 'no-credits',
  };
  expect(happen(opened, changed).provider).toBe('voice-only');
});

test('a session that was closing is closed when its participant has left the room', () => {
  const stopping = happen(live, { type: 'session.stopping', reason: 'asked for' });
  expect(nextViewerState(stopping, { type: 'avatar.left' })).toMatchObject({
    session: 'ended',
    notice: 'The session is closed',
  });
  // A successor may be on its way.
  expect(nextViewerState(live, { type: 'avatar.left' })).toBe(live);
});
