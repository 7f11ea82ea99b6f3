import { AudioStream, type RemoteTrack, Room, TrackKind, VideoStream } from '@livekit/rtc-node';

/** An independent viewer: LiveKit's own Node SDK, decoding what is on the stage. */
export class RtcViewer implements AsyncDisposable {
  readonly #room = new Room();
  readonly #readers: { cancel(): Promise<void> }[] = [];
  readonly frames: { at: number; width: number; height: number }[] = [];
  /** The root mean square of each 100 ms of sound. */
  readonly loudness: { at: number; rms: number }[] = [];
  /** What participants said of themselves in `lk.agent.state`, as it came. */
  readonly agentStates: { identity: string; state: string }[] = [];
  readonly captions: { text: string; attributes: Record<string, string> }[] = [];

  static async join(url: string, token: string): Promise<RtcViewer> {
    const viewer = new RtcViewer();
    viewer.#room.on('trackSubscribed', (track) => viewer.#watch(track));
    viewer.#room.registerTextStreamHandler('lk.transcription', (reader) => {
      void reader
        .readAll()
        .then((text) => viewer.captions.push({ text, attributes: reader.info.attributes ?? {} }));
    });
    const note = (identity: string, { 'lk.agent.state': state }: Record<string, string>): void => {
      if (state !== undefined) viewer.agentStates.push({ identity, state });
    };
    viewer.#room.on('participantAttributesChanged', (changed, { identity }) => note(identity, changed));
    await viewer.#room.connect(url, token, { autoSubscribe: true, dynacast: false });
    for (const { identity, attributes } of viewer.#room.remoteParticipants.values())
      note(identity, attributes);
    return viewer;
  }

  #watch(track: RemoteTrack): void {
    if (track.kind === TrackKind.KIND_VIDEO) {
      const reader = new VideoStream(track).getReader();
      this.#readers.push(reader);
      void (async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          this.frames.push({ at: Date.now(), width: value.frame.width, height: value.frame.height });
        }
      })();
    } else {
      const reader = new AudioStream(track, {
        sampleRate: 16_000,
        numChannels: 1,
        frameSizeMs: 100,
      }).getReader();
      this.#readers.push(reader);
      void (async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          const squares = value.data.reduce((sum, sample) => sum + sample * sample, 0);
          this.loudness.push({ at: Date.now(), rms: Math.sqrt(squares / value.data.length) });
        }
      })();
    }
  }

  /** Pictures decoded a second between two moments. */
  framesPerSecond(from: number, to: number): number {
    return (this.frames.filter(({ at }) => at >= from && at < to).length * 1_000) / (to - from);
  }

  loudest(from: number, to: number): number {
    return Math.max(0, ...this.loudness.filter(({ at }) => at >= from && at < to).map(({ rms }) => rms));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.cancel()));
    await this.#room.disconnect();
  }
}
