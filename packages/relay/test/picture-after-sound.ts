import { opusFrames } from './clip.ts';
import type { Listener } from './listener.ts';

/** How much later the clip's first picture is than its first sound, on the sender's clock, in ms. */
export function pictureAfterSound(listener: Listener): number {
  const picture = listener.capturedAt(listener.keyFrames()[0]!, 90_000);
  const [first] = opusFrames();
  const sounds = listener.packets.audio
    .filter(({ payload }) => payload.equals(first!))
    .map((packet) => listener.capturedAt(packet, 48_000));
  return sounds.map((sound) => picture - sound).toSorted((a, b) => Math.abs(a) - Math.abs(b))[0]!;
}
