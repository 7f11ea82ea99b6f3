import { EventEmitter } from 'node:events';
import { SessionEventBody } from '@avatar-bridge/contracts';
import type { Relay, RelayEvents } from '@avatar-bridge/relay';
import { expect, test } from 'vitest';
import { losses, onEach, sessionEvents } from './media-events.ts';

const facts: RelayEvents = {
  engineChosen: [{ engine: 'transcode', reason: 'ice-failed' }],
  firstFrame: [{ kind: 'video', at: 1 }],
  mediaStalled: [{ kind: 'video', sinceMs: 1_000.4 }],
  mediaResumed: [{ kind: 'audio', gapMs: 1_500.6 }],
  stageMuted: [{ kind: 'audio', muted: true }],
  audience: [{ watched: true }],
  data: [{ payload: '{}' }],
  stageData: [{ payload: '{}' }],
  speaking: [{ active: true, level: 0.5 }],
  reconnecting: [{ side: 'stage', reason: 'server-shutdown' }],
  reconnected: [{ side: 'stage', gapMs: 700.2 }],
  sourceDisconnected: [{ reason: 'room-deleted' }],
  stageDisconnected: [{ reason: 'duplicate-identity' }],
  restarting: [{ reason: 'host-died' }],
  restarted: [{ gapMs: 812.7 }],
  voiceStarted: [{ utteranceId: 'utt_1' }],
  voiceEnded: [{ utteranceId: 'utt_1', playedMs: 1_200, complete: true }],
  failed: [{ code: 'host-died', message: 'a stack trace' }],
  closed: [{ reason: 'asked for' }],
};

test('every event that the log is told fits the contract, and no time has fractions', () => {
  const relay = new EventEmitter() as EventEmitter & Relay;
  const told: SessionEventBody[] = [];
  onEach(relay, sessionEvents, (event) => told.push(event));
  for (const [name, fact] of Object.entries(facts)) relay.emit(name, ...fact);
  expect(told.map((event) => SessionEventBody.parse(event))).toEqual(told);
  expect(told).toHaveLength(Object.keys(sessionEvents).length);
  expect(told).toContainEqual({ type: 'media.stalled', kind: 'video', stalledMs: 1_000 });
  expect(told).toContainEqual({ type: 'relay.reconnected', side: 'stage', gapMs: 700 });
});

test.each([
  ['sourceDisconnected', 'vendor-lost'],
  ['stageDisconnected', 'stage-lost'],
  ['failed', 'relay-host-died'],
  ['closed', 'relay-closed'],
] as const)('%s loses the avatar as %s', (name, code) => {
  const make = losses[name] as unknown as (fact: unknown) => Error;
  const lost = make(facts[name][0]);
  expect(lost).toMatchObject({ code });
  expect(lost.message).not.toContain('stack trace');
});
