import { expect, test } from 'vitest';
import { createMediaRelay } from '../src/index.ts';
import { RELAY } from './rooms.ts';
import { Scene } from './scene.ts';
import { until } from './until.ts';

test('a moderator who mutes the avatar on the stage is told of, and the relay goes on', async () => {
  await using media = createMediaRelay({ engine: 'rtp', hosts: 1 });
  await using scene = new Scene();
  await scene.avatar();
  const { relay, events } = await scene.relay(media);
  const service = scene.rooms.service('stage');
  const { tracks } = await service.getParticipant(scene.rooms.name, RELAY);
  const microphone = tracks.find(({ name }) => name === 'avatar-audio')!;
  await service.mutePublishedTrack(scene.rooms.name, RELAY, microphone.sid, true);
  await until('it is told', () => events.stageMuted.length === 1);
  expect(events).toMatchObject({ stageMuted: [{ kind: 'audio', muted: true }], closed: [] });
  const sent = (await relay.stats()).audio!.packets;
  await until('packets go on', async () => (await relay.stats()).audio!.packets > sent);
});
