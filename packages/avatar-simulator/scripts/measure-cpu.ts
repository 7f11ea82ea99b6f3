/**
 * Prints what avatars cost the process that sends them, in percent of one core: idle, while all of them speak
 * texts, and while all of them speak a voice that is brought (LiveAvatar LITE).
 *
 *     LIVEKIT_URL=ws://127.0.0.1:7880 LIVEKIT_API_KEY=… LIVEKIT_API_SECRET=… node scripts/measure-cpu.ts [avatars] [seconds] [H264|VP8]
 */
import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { AccessToken } from 'livekit-server-sdk';
import { startAvatarMedia } from '../src/media/index.ts';
import type { VideoEncoding } from '../src/media/index.ts';

const [avatars = '20', seconds = '10', videoEncoding = 'H264'] = process.argv.slice(2);
const { LIVEKIT_URL: url = 'ws://127.0.0.1:7880', LIVEKIT_API_KEY, LIVEKIT_API_SECRET } = process.env;

async function avatarToken(): Promise<string> {
  const token = new AccessToken(LIVEKIT_API_KEY, LIVEKIT_API_SECRET, { identity: 'heygen' });
  token.addGrant({ roomJoin: true, room: randomUUID(), canPublish: true, canSubscribe: false });
  return token.toJwt();
}

const medias = await Promise.all(
  Array.from({ length: Number(avatars) }, async () => {
    const media = await startAvatarMedia({
      url,
      token: await avatarToken(),
      videoEncoding: videoEncoding as VideoEncoding,
      quality: 'high',
    });
    await media.ready;
    return media;
  }),
);
await sleep(2000);
await measure('idle');
const sentence =
  'Thank you for asking. The new model is lighter, it is faster, and it will be in the shops on the first of May.';
const speeches = await Promise.all(
  medias.map((media) => media.speak(`${sentence} `.repeat(Math.ceil(Number(seconds) / 6) + 1))),
);
await measure('speaking');
for (const media of medias) media.interrupt();
await Promise.all(speeches.map(({ finished }) => finished));
const sound = noise(Number(seconds) + 2);
const voices = medias.map((media) => media.speakVoice(() => {}));
for (const voice of voices) voice.append(sound);
await measure('speaking a voice that is brought');
for (const media of medias) media.interrupt();
await Promise.all(voices.map(({ finished }) => finished));
await Promise.all(medias.map((media) => media.close()));
process.exit();

/** So many seconds of s16 mono at 24 kHz that an encoder has work with. */
function noise(duration: number): Int16Array {
  return Int16Array.from({ length: duration * 24_000 }, (_, index) =>
    Math.round(8_000 * Math.sin(index / 20) * Math.sin(index / 3_000) + 2_000 * (Math.random() - 0.5)),
  );
}

async function measure(what: string): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const before = process.cpuUsage();
  const start = performance.now();
  await sleep(Number(seconds) * 1000);
  const { user, system } = process.cpuUsage(before);
  const percent = (user + system) / 10 / (performance.now() - start);
  delay.disable();
  console.log(
    `${avatars} x ${videoEncoding} ${what}: ${percent.toFixed(1)} % of a core, ${(percent / Number(avatars)).toFixed(2)} % an avatar,`,
    `event loop late by ${((delay.percentile(99) - 5e6) / 1e6).toFixed(1)} ms (p99), ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
  );
}
