import { expect, test } from 'vitest';
import { avatarTracks } from './avatar-tracks.ts';

const track = (identity: string, kind: 'audio' | 'video', onBehalfOf?: string) => ({
  participant: {
    identity,
    attributes: onBehalfOf ? { 'lk.publish_on_behalf': onBehalfOf } : ({} as Record<string, string>),
  },
  publication: { kind },
});

test('picks the session’s own participant, not the first agent or the avatar of another session', () => {
  const [video, audio] = [track('avatar-ses_2', 'video'), track('avatar-ses_2', 'audio')];
  const others = [
    track('transcriber', 'audio'),
    track('avatar-ses_1', 'video'),
    track('avatar-ses_1', 'audio'),
  ];
  expect(avatarTracks([...others, video, audio], 'ses_2')).toEqual({ video, audio });
  expect(avatarTracks(others, 'ses_2')).toEqual({ video: undefined, audio: undefined });
});

test('takes the tracks that are published on its behalf, each kind by itself', () => {
  const face = track('avatar-ses_1-face', 'video', 'avatar-ses_1');
  const voice = track('avatar-ses_1-face', 'audio', 'avatar-ses_1');
  const other = track('avatar-ses_2-face', 'video', 'avatar-ses_2');
  expect(avatarTracks([other, face, voice], 'ses_1')).toEqual({ video: face, audio: voice });
  const stillPicture = track('avatar-ses_1', 'video');
  expect(avatarTracks([voice, stillPicture], 'ses_1')).toEqual({ video: stillPicture, audio: voice });
});
