import {
  ConnectionQuality,
  ConnectionQualityInfo,
  ConnectionQualityUpdate,
  SpeakerInfo,
  SpeakersChanged,
  SubscribedCodec,
  SubscribedQuality,
  SubscribedQualityUpdate,
  TrackSubscribed,
  VideoQuality,
} from '@livekit/protocol';
import { expect, test } from 'vitest';
import { roomEvents } from './room-events.ts';

const identityOf = (sid: string): string => (sid === 'PA_1' ? 'avatar' : '');
const quality = (enabled: boolean) => new SubscribedQuality({ quality: VideoQuality.HIGH, enabled });

test('speakers come with the identity, empty when nobody with that sid is known', () => {
  const speakers = ['PA_1', 'PA_2'].map((sid) => new SpeakerInfo({ sid, level: 0.5, active: true }));
  expect(
    roomEvents({ case: 'speakersChanged', value: new SpeakersChanged({ speakers }) }, identityOf),
  ).toEqual([
    {
      name: 'speakers',
      args: [
        [
          { sid: 'PA_1', identity: 'avatar', level: 0.5, active: true },
          { sid: 'PA_2', identity: '', level: 0.5, active: true },
        ],
      ],
    },
  ]);
});

test('each connection quality is an event, but for those that have no name here', () => {
  const updates = [
    new ConnectionQualityInfo({ participantSid: 'PA_1', quality: ConnectionQuality.LOST }),
    ConnectionQualityInfo.fromJson({ participantSid: 'PA_1', quality: 77 }),
  ];
  expect(
    roomEvents({ case: 'connectionQuality', value: new ConnectionQualityUpdate({ updates }) }, identityOf),
  ).toEqual([{ name: 'connectionQuality', args: [{ sid: 'PA_1', identity: 'avatar', quality: 'lost' }] }]);
});

test('a track is watched when any quality of any codec is, or when the first subscriber comes', () => {
  const watched = (update: Partial<SubscribedQualityUpdate>): unknown =>
    roomEvents(
      {
        case: 'subscribedQualityUpdate',
        value: new SubscribedQualityUpdate({ trackSid: 'TR_1', ...update }),
      },
      identityOf,
    )[0]?.args;
  const codec = (enabled: boolean) =>
    new SubscribedCodec({ codec: 'h264', qualities: [quality(false), quality(enabled)] });
  expect(watched({ subscribedCodecs: [codec(true)] })).toEqual([{ trackSid: 'TR_1', watched: true }]);
  expect(watched({ subscribedCodecs: [codec(false)] })).toEqual([{ trackSid: 'TR_1', watched: false }]);
  expect(watched({ subscribedQualities: [quality(true)] })).toEqual([{ trackSid: 'TR_1', watched: true }]);
  expect(
    roomEvents({ case: 'trackSubscribed', value: new TrackSubscribed({ trackSid: 'TR_1' }) }, identityOf)[0]
      ?.args,
  ).toEqual([{ trackSid: 'TR_1', watched: true }]);
});

test('other messages are no events', () => {
  expect(roomEvents({ case: 'refreshToken', value: 'x' }, identityOf)).toEqual([]);
});
