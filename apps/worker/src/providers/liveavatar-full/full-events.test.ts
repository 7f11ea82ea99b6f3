import { describe, expect, test } from 'vitest';
import type { VendorEvent } from '../vendor-event.ts';
import { FullEvents } from './full-events.ts';

const at = 1_000;
const say = (id: string, text = 'Hello there.', mode: 'repeat' | 'talk' = 'repeat') => ({ id, mode, text });

/** What the events mean, in short. */
function read(
  events: FullEvents,
  ...packets: [name: string, source: string | null, more?: object][]
): string[] {
  return packets.flatMap(([event_type, source_event_id, more]) =>
    events
      .read(JSON.stringify({ event_id: 'x', event_type, source_event_id, ...more }), at)

      .filter((event) => event.type !== 'raw')
      .map(inShort),
  );
}

function inShort(event: VendorEvent): string {
  if (event.type === 'caption') return `${event.speaker}: ${event.text}${event.final ? '.' : ' …'}`;
  if (event.type === 'closed') return `closed: ${event.reason}`;
  if (!('taskId' in event)) return event.type;
  return `${event.type} ${event.foreign ? 'foreign ' : ''}${event.taskId}`;
}

describe('an utterance', () => {
  test('is told by its own id, with its text as the caption', () => {
    const events = new FullEvents({ greets: false });
    events.submitted(say('a', 'Hello'));
    expect(
      read(
        events,
        ['avatar.transcription.chunk', 'a', { text: 'Hel' }],
        ['avatar.speak_started', 'a'],
        ['avatar.transcription', 'a', { text: 'Hello' }],
        ['avatar.speak_ended', 'a'],
      ),
    ).toEqual(['speech.started a', 'avatar: Hello …', 'avatar: Hello.', 'speech.ended a']);
  });

  test('is told where the vendor leaves the id out', () => {
    const events = new FullEvents({ greets: false });
    events.submitted(say('a', 'Hello'));
    expect(read(events, ['avatar.speak_started', null], ['avatar.speak_ended', null])).toEqual([
      'speech.started a',
      'avatar: Hello …',
      'avatar: Hello.',
      'speech.ended a',
    ]);
  });

  test('is not ended by the late end of the one before, which the vendor tells under the newest id', () => {
    const events = new FullEvents({ greets: false });
    events.submitted(say('a'));
    read(events, ['avatar.speak_started', 'a']);
    events.submitted(say('b'));
    expect(read(events, ['avatar.speak_ended', 'b'])).toEqual([]);
    expect(read(events, ['avatar.speak_started', 'b'], ['avatar.speak_ended', 'b'])).toContain(
      'speech.ended b',
    );
  });

  test('is not begun by speech that another command caused', () => {
    const events = new FullEvents({ greets: false });
    events.submitted(say('b'));
    expect(read(events, ['avatar.speak_started', 'a'])).toEqual(['speech.started foreign a']);
    expect(read(events, ['avatar.speak_ended', 'b'])).toEqual([]);
  });

  test('begins no more once the avatar was silenced', () => {
    const events = new FullEvents({ greets: false });
    events.submitted(say('a'));
    events.silenced();
    expect(read(events, ['avatar.speak_started', null])).toEqual(['speech.started foreign greeting']);
  });
});

describe('an end', () => {
  const text = 'A sentence that takes about four seconds to say, if nobody interrupts the avatar.';
  test.each([
    ['in its time is believed', 6_000, undefined],
    ['a little too early is believed a moment later', 4_500, 200],
    ['much too early is believed later: the session may end', 500, 700],
  ])('%s', (_, afterMs, doubtMs) => {
    const events = new FullEvents({ greets: false });
    events.submitted(say('a', text));
    const packet = (event_type: string) => JSON.stringify({ event_type, source_event_id: 'a' });
    events.read(packet('avatar.speak_started'), at);
    const told = events.read(packet('avatar.speak_ended'), at + afterMs);
    expect(told.find((event) => event.type === 'speech.ended')?.doubtMs).toBe(doubtMs);
  });
});

describe('an answer', () => {
  test('is captioned as it is written, and final when it was said', () => {
    const events = new FullEvents({ greets: false });
    events.submitted(say('a', 'Who are you?', 'talk'));
    expect(
      read(
        events,
        ['avatar.transcription.chunk', 'a', { text: 'I am' }],
        ['avatar.speak_started', 'a'],
        ['avatar.transcription.chunk', 'a', { text: ' Ada' }],
        ['avatar.transcription', 'a', { text: 'I am Ada!' }],
        ['avatar.speak_ended', 'a'],
      ),
    ).toEqual([
      'avatar: I am …',
      'speech.started a',
      'avatar: I am Ada …',
      'avatar: I am Ada! …',
      'avatar: I am Ada!.',
      'speech.ended a',
    ]);
  });
});

describe('a greeting', () => {
  test('is speech, and none of ours', () => {
    const events = new FullEvents({ greets: true });
    expect(events.greeting).toBe(true);
    expect(read(events, ['avatar.speak_started', null])).toEqual(['speech.started foreign greeting']);
    expect(events.greets).toBe(true);
    expect(read(events, ['avatar.speak_ended', null])).toEqual(['speech.ended foreign greeting']);
    expect(events.greeting).toBe(false);
  });
});

describe('the end of a session', () => {
  test.each([
    [{ end_reason: 'NO_CREDITS' }, /^closed: NO_CREDITS, .*app\.liveavatar\.com/],
    [{ stop_reason: 'MAX_DURATION_REACHED' }, /^closed: MAX_DURATION_REACHED, .*longest time/],
    [{ end_reason: 'SOMETHING_NEW' }, /^closed: SOMETHING_NEW$/],
    [{}, /^closed: UNKNOWN$/],
  ])('%j is told in words', (reason, expected) => {
    const told = read(new FullEvents({ greets: false }), ['session.stopped', null, reason]);
    expect(told).toEqual([expect.stringMatching(expected)]);
  });
});

test.each(['', 'no JSON', '[]', '{}', '{"event_type":null}', '\u0000'])('bears %j', (payload) => {
  expect(new FullEvents({ greets: false }).read(payload, at)).toEqual([]);
});

test('passes on what the user says', () => {
  expect(
    read(
      new FullEvents({ greets: false }),
      ['user.speak_started', null],
      ['user.transcription.chunk', null, { text: 'Good ' }],
      ['user.transcription.chunk', null, { text: 'day' }],
      ['user.speak_ended', null],
      ['user.transcription', null, { text: 'Good day' }],
    ),
  ).toEqual(['user.started', 'user: Good  …', 'user: Good day …', 'user.stopped', 'user: Good day.']);
});
