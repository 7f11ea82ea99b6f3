import { expect, test } from 'vitest';
import { EventContinuity, told } from './event-continuity.ts';

test('a kind has one first frame, and is resumed by the next host', () => {
  const events = new EventContinuity();
  const first = told('firstFrame', { kind: 'video', at: 1 });
  expect(events.translate(first, 100)).toBe(first);
  expect(events.cutOff('host-died', 1_000)).toEqual([told('restarting', { reason: 'host-died' })]);
  expect(events.translate(first, 1_700.4)).toEqual(told('mediaResumed', { kind: 'video', gapMs: 700 }));
  const other = told('firstFrame', { kind: 'audio', at: 2 });
  expect(events.translate(other, 1_800)).toBe(other);
});

test('the avatar begins and ceases to speak in turns', () => {
  const events = new EventContinuity();
  const begun = told('speaking', { active: true, level: 1 });
  const ceased = told('speaking', { active: false, level: 0 });
  expect([ceased, begun, begun, ceased].map((event) => events.translate(event, 0))).toEqual([
    undefined,
    begun,
    undefined,
    ceased,
  ]);
});

test('a voice of which the next host knows nothing has ceased', () => {
  const events = new EventContinuity();
  const begun = told('speaking', { active: true, level: 1 });
  const ceased = told('speaking', { active: false, level: 0 });
  events.translate(begun, 0);
  events.cutOff('host-died', 0);
  expect(events.resume([begun], 500)).toEqual([told('restarted', { gapMs: 500 }), begun]);
  expect(events.resume([], 500)).toEqual([told('restarted', { gapMs: 500 }), ceased]);
});

test('utterances whose sound went with a host have ended, with as much as was played', () => {
  const events = new EventContinuity();
  for (const utteranceId of ['a', 'b', 'c']) events.voice(utteranceId);
  events.translate(told('voiceStarted', { utteranceId: 'a' }), 1_000);
  events.translate(told('voiceEnded', { utteranceId: 'a', playedMs: 500, complete: true }), 1_500);
  events.translate(told('voiceStarted', { utteranceId: 'b' }), 1_500);
  expect(events.cutOff('host-died', 1_900)).toEqual([
    told('restarting', { reason: 'host-died' }),
    told('voiceEnded', { utteranceId: 'b', playedMs: 400, complete: false }),
    told('voiceEnded', { utteranceId: 'c', playedMs: 0, complete: false }),
  ]);
  expect(events.cutOff('host-died', 3_000)).toHaveLength(1);
});
