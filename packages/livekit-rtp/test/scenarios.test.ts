import { CandidateProtocol, type SimulateScenario } from '@livekit/protocol';
import { expect, test } from 'vitest';
import type { SignalProxy } from '../../../test/setup/signal-proxy.ts';
import { flows, forget, listening, type Heard } from './heard.ts';
import { journal } from './journal.ts';
import { simulate, startSignalProxy } from './signal-proxy.ts';
import { camera, feed, join, microphone, roomName, rooms, until } from './support.ts';

type Case = {
  name: string;
  scenario: SimulateScenario['scenario'];
  /** Packets before it. */
  first?: number;
  /** What makes it happen, where the server only waits for something. */
  trigger?: (proxy: SignalProxy) => void;
  /** Why the room is lost; undefined where it is not. */
  reason?: string;
  /** ms until packets flow again. */
  within?: number;
};

const { UDP, TCP, TLS } = CandidateProtocol;
/** More than come in the second that a lost media connection is waited for. */
const PLENTY = 100;

/** All that the open-source server does on request. It knows no `leaveRequestFullReconnect`. */
const cases: Case[] = [
  { name: 'a shutdown', scenario: { case: 'serverLeave', value: true }, reason: 'server-shutdown' },
  { name: 'a failure of its node', scenario: { case: 'nodeFailure', value: true }, reason: 'signal-lost' },
  { name: 'a migration', scenario: { case: 'migration', value: true }, reason: 'signal-lost' },
  // The native side cannot restart ICE, which all three of these ask for.
  { name: 'ICE again', scenario: { case: 'switchCandidateProtocol', value: UDP }, reason: 'media-lost' },
  {
    name: 'ICE again by TLS',
    scenario: { case: 'switchCandidateProtocol', value: TLS },
    reason: 'media-lost',
  },
  // The server then offers nothing but TCP to the next one of that name, too, until it has seen that fail for 5 s.
  {
    name: 'ICE again by TCP',
    scenario: { case: 'switchCandidateProtocol', value: TCP },
    reason: 'media-lost',
    within: 12_000,
  },
  // A participant who resumes would be thrown out again; we join.
  {
    name: 'a cut socket that it does not let resume',
    scenario: { case: 'disconnectSignalOnResume', value: true },
    trigger: (proxy) => proxy.cut(),
    reason: 'signal-lost',
  },
  {
    name: 'a cut socket to which it does not answer on resume',
    scenario: { case: 'disconnectSignalOnResumeNoMessages', value: true },
    trigger: (proxy) => proxy.cut(),
    reason: 'signal-lost',
  },
  // A picture of which the server does not know the rate yet fits every way.
  { name: 'a narrow way to us', first: PLENTY, scenario: { case: 'subscriberBandwidth', value: 1_000n } },
  { name: 'somebody who speaks', scenario: { case: 'speakerUpdate', value: 1 } },
];

test.each(cases)('the server simulates $name: the same tracks go on, under one participant', async (one) => {
  const { scenario, first, trigger, reason, within = 5_000 } = one;
  const room = roomName();
  const outside: Heard[] = [];
  const watcher = await join(room, 'watcher', { listeners: listening(outside) });
  feed(await watcher.publishTrack({ ...microphone, name: 'question' }));
  feed(await watcher.publishTrack({ ...camera, name: 'view' }));
  const proxy = await startSignalProxy();
  const inside: Heard[] = [];
  const { events, listeners } = journal();
  const avatar = await join(room, 'avatar', {
    url: proxy.url,
    listeners: { ...listeners, ...listening(inside) },
  });
  const tracks = [await avatar.publishTrack(microphone), await avatar.publishTrack(camera)];
  for (const track of tracks) feed(track);
  const flowing = (packets?: number): boolean =>
    ['voice', 'picture'].every((name) => flows(outside, name, packets)) &&
    ['question', 'view'].every((name) => flows(inside, name, packets));
  await until(() => flowing(first), 'packets go both ways');
  const before = {
    sid: avatar.sid,
    sids: tracks.map(({ sid }) => sid),
    ssrcs: tracks.map(({ ssrc }) => ssrc),
  };

  simulate(proxy, scenario);
  trigger?.(proxy);
  const startedAt = performance.now();
  const kept = reason === undefined;
  if (!kept) await until(() => events.at(-1) === 'reconnected', 'it is back');
  forget([...outside, ...inside]);
  await until(() => flowing(kept ? PLENTY : undefined), 'packets go both ways again');
  const after = performance.now() - startedAt;
  console.log(
    `${one.name}: ${events.join(', ') || 'nothing told'}; packets both ways after ${Math.round(after)} ms`,
  );

  expect(after).toBeLessThan(within);
  // An attempt in vain can end a subscription of its own.
  expect(events.filter((event) => !event.startsWith('unsubscribed'))).toEqual(
    kept ? [] : [`reconnecting ${reason}`, 'reconnected'],
  );
  expect(inside.filter(({ track }) => !track.closed)).toHaveLength(2);
  expect(tracks.map(({ ssrc, closed }) => (closed ? 'closed' : ssrc))).toEqual(before.ssrcs);
  expect(tracks.map(({ sid }, index) => sid === before.sids[index])).toEqual([kept, kept]);
  expect(avatar.sid === before.sid).toBe(kept);
  const present = await rooms().listParticipants(room);
  expect(present).toHaveLength(2);
  expect(present.map(({ sid }) => sid)).toEqual(expect.arrayContaining([avatar.sid, watcher.sid]));
  const published = present.find(({ sid }) => sid === avatar.sid)!.tracks.map(({ sid }) => sid);
  expect(new Set(published)).toEqual(new Set(tracks.map(({ sid }) => sid)));
  expect([...watcher.remoteParticipants.values()].map(({ sid }) => sid)).toEqual([avatar.sid]);
  expect([...outside, ...inside].every(({ afterEnd }) => afterEnd === 0)).toBe(true);
});
