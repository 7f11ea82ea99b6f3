import { setTimeout as sleep } from 'node:timers/promises';
import { AudioStream, dispose, Room, TrackKind } from '@livekit/rtc-node';
import { now } from './bench-client.ts';

/** Louder than this is speech: root mean square of 16-bit samples. */
const audible = 150;
/** ms without sound that count as silence. */
const quietMs = 250;

/** A viewer on the stage that only notes when there is sound. */
export class StageEar implements AsyncDisposable {
  readonly #room = new Room();
  readonly #sounds: number[] = [];

  static async join(url: string, token: string): Promise<StageEar> {
    const ear = new StageEar();
    const subscribed = Promise.withResolvers<void>();
    ear.#room.on('trackSubscribed', (track) => {
      if (track.kind !== TrackKind.KIND_AUDIO) return;
      subscribed.resolve();
      void ear.#listen(new AudioStream(track, { sampleRate: 48_000, numChannels: 1, frameSizeMs: 10 }));
    });
    // captions are of no interest here, and a stream without a handler is logged
    ear.#room.registerTextStreamHandler('lk.transcription', () => {});
    await ear.#room.connect(url, token, { autoSubscribe: true, dynacast: false });
    await subscribed.promise;
    return ear;
  }

  get lastSoundAt(): number {
    return this.#sounds.at(-1) ?? 0;
  }

  /** When the first sound after `from` was heard. */
  async soundAfter(from: number): Promise<number> {
    for (const until = now() + 15_000; now() < until; await sleep(5)) {
      const heard = this.#sounds.find((at) => at > from);
      if (heard !== undefined) return heard;
    }
    throw new Error('Nothing was heard on the stage within 15 s');
  }

  async silence(): Promise<void> {
    for (const until = now() + 15_000; now() < until; await sleep(10))
      if (now() - this.lastSoundAt > quietMs) return;
    throw new Error('The stage did not fall silent within 15 s');
  }

  async #listen(stream: AudioStream): Promise<void> {
    for await (const { data } of stream) {
      const squares = data.reduce((sum, sample) => sum + sample * sample, 0);
      if (Math.sqrt(squares / data.length) > audible) this.#sounds.push(now());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#room.disconnect();
    await dispose();
  }
}
