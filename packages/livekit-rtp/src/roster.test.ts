import {
  DisconnectReason,
  ParticipantInfo,
  ParticipantInfo_Kind,
  ParticipantInfo_State,
  TrackInfo,
  TrackSource,
  TrackType,
} from '@livekit/protocol';
import { describe, expect, test } from 'vitest';
import { Roster } from './roster.ts';

const track = (sid: string, muted = false): TrackInfo =>
  new TrackInfo({
    sid,
    name: 'video',
    type: TrackType.VIDEO,
    source: TrackSource.CAMERA,
    mimeType: 'video/H264',
    width: 1280,
    height: 720,
    muted,
  });
const info = (data: Partial<ParticipantInfo>): ParticipantInfo =>
  new ParticipantInfo({
    sid: 'PA_1',
    identity: 'avatar',
    state: ParticipantInfo_State.ACTIVE,
    version: 1,
    ...data,
  });
const types = (changes: { type: string }[]): string[] => changes.map(({ type }) => type);

describe('Roster', () => {
  test('somebody new joins with all tracks', () => {
    const roster = new Roster();
    const changes = roster.apply([info({ kind: ParticipantInfo_Kind.AGENT, tracks: [track('TR_1')] })], 'me');
    expect(types(changes)).toEqual(['participantJoined', 'trackPublished']);
    expect(roster.participants.get('avatar')).toMatchObject({
      sid: 'PA_1',
      kind: 'agent',
      tracks: [{ sid: 'TR_1', kind: 'video', source: 'camera' }],
    });
    expect(roster.publisherOf('TR_1')?.participant.identity).toBe('avatar');
  });

  test('oneself is nobody else', () => {
    expect(new Roster().apply([info({ identity: 'me' })], 'me')).toEqual([]);
  });

  test('tracks that come, go and are muted are told apart', () => {
    const roster = new Roster();
    roster.apply([info({ tracks: [track('TR_1'), track('TR_2')] })], 'me');
    const changes = roster.apply([info({ version: 2, tracks: [track('TR_2', true), track('TR_3')] })], 'me');
    expect(changes.map((change) => [change.type, 'track' in change ? change.track.sid : ''])).toEqual([
      ['trackUnpublished', 'TR_1'],
      ['trackMuted', 'TR_2'],
      ['trackPublished', 'TR_3'],
    ]);
    expect(roster.publisherOf('TR_1')).toBeUndefined();
  });

  test('changed attributes, metadata and names are updates, unchanged ones are not', () => {
    const roster = new Roster();
    roster.apply([info({ attributes: { a: '1' } })], 'me');
    expect(roster.apply([info({ version: 2, attributes: { a: '1' } })], 'me')).toEqual([]);
    expect(types(roster.apply([info({ version: 3, attributes: { b: '1' } })], 'me'))).toEqual([
      'participantUpdated',
    ]);
    expect(types(roster.apply([info({ version: 4, attributes: { b: '1' }, metadata: 'm' })], 'me'))).toEqual([
      'participantUpdated',
    ]);
  });

  test('an update that was overtaken is ignored', () => {
    const roster = new Roster();
    roster.apply([info({ version: 3, tracks: [track('TR_1')] })], 'me');
    expect(roster.apply([info({ version: 2, tracks: [] })], 'me')).toEqual([]);
    expect(roster.publisherOf('TR_1')).toBeDefined();
  });

  test('who leaves takes the tracks along and says why', () => {
    const roster = new Roster();
    roster.apply([info({ tracks: [track('TR_1')] })], 'me');
    const gone = info({
      version: 2,
      state: ParticipantInfo_State.DISCONNECTED,
      disconnectReason: DisconnectReason.CONNECTION_TIMEOUT,
    });
    const changes = roster.apply([gone], 'me');
    expect(types(changes)).toEqual(['trackUnpublished', 'participantLeft']);
    expect(changes[1]).toMatchObject({ reason: 'connection-timeout' });
    expect(roster.participants.size).toBe(0);
    expect(roster.apply([gone], 'me')).toEqual([]);
  });

  test('the same identity with a new sid replaces the one before', () => {
    const roster = new Roster();
    roster.apply([info({ tracks: [track('TR_1')] })], 'me');
    const changes = roster.apply([info({ sid: 'PA_2', tracks: [track('TR_2')] })], 'me');
    expect(types(changes)).toEqual([
      'trackUnpublished',
      'participantLeft',
      'participantJoined',
      'trackPublished',
    ]);
    expect(
      roster.apply([info({ sid: 'PA_1', version: 9, state: ParticipantInfo_State.DISCONNECTED })], 'me'),
    ).toEqual([]);
    expect(roster.bySid('PA_2')?.identity).toBe('avatar');
    expect(roster.bySid('PA_1')).toBeUndefined();
  });

  test('a whole room replaces what was known: who is not in it has left, who is in both is not reported', () => {
    const roster = new Roster();
    roster.apply(
      [info({ version: 7, tracks: [track('TR_1')] }), info({ sid: 'PA_2', identity: 'gone' })],
      'me',
    );
    roster.apply([info({ sid: 'PA_3', identity: 'changed', attributes: { a: '1' }, version: 9 })], 'me');
    const others = [info({ tracks: [track('TR_1')] }), info({ sid: 'PA_4', identity: 'new' })];
    const changes = roster.replace(
      [...others, info({ sid: 'PA_3', identity: 'changed', attributes: { a: '2' } })],
      'me',
    );
    expect(changes).toMatchObject([
      { type: 'participantLeft', participant: { identity: 'gone' }, reason: 'other' },
      { type: 'participantJoined', participant: { identity: 'new' } },
      { type: 'participantUpdated', participant: { identity: 'changed', attributes: { a: '2' } } },
    ]);
    expect([...roster.participants.keys()].toSorted()).toEqual(['avatar', 'changed', 'new']);
    expect(types(roster.replace([info({ sid: 'PA_5' })], 'me'))).toEqual(
      expect.arrayContaining(['participantLeft', 'trackUnpublished', 'participantJoined']),
    );
  });
});
