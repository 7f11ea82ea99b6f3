// The avatars of the bench, in a process of their own: faces that never stop talking for long.
import { setTimeout as delay } from 'node:timers/promises';
import { startAvatarMedia } from '../../packages/avatar-simulator/src/media/index.ts';
import type { AvatarMedia, VideoEncoding } from '../../packages/avatar-simulator/src/media/index.ts';
import { answerRequests } from '../relay/child.ts';
import type { Ticket } from '../relay/rooms.ts';

export type AvatarsRequest = { tickets: { ticket: Ticket; videoEncoding: VideoEncoding }[] };

const SENTENCES = [
  'The packets of this picture and of this voice were sent in another room.',
  'Nobody on the way has decoded them, and still they should arrive together.',
  'Whether they do is what we measure here, for as long as you like to listen.',
];
const PAUSE = 400;

const avatars: AvatarMedia[] = [];
const leaving = new AbortController();

async function talk(avatar: AvatarMedia): Promise<void> {
  for (let turn = 0; !leaving.signal.aborted; turn++) {
    const { finished } = await avatar.speak(SENTENCES[turn % SENTENCES.length]!, { signal: leaving.signal });
    await finished;
    await delay(PAUSE, undefined, { signal: leaving.signal });
  }
}

answerRequests(
  async (request) => {
    const { tickets } = request as AvatarsRequest;
    for (const { ticket, videoEncoding } of tickets)
      avatars.push(await startAvatarMedia({ ...ticket, videoEncoding, quality: 'high' }));
    await Promise.all(avatars.map((avatar) => avatar.ready));
    for (const avatar of avatars)
      talk(avatar).catch((error: unknown) => {
        if (!leaving.signal.aborted) throw error;
      });
    return {};
  },
  () => {
    leaving.abort(new Error('the bench is over'));
    return Promise.all(avatars.map((avatar) => avatar.close()));
  },
);
