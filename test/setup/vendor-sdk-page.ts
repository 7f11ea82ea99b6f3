import StreamingAvatar, {
  AvatarQuality,
  StreamingEvents,
  TaskMode,
  TaskType,
  VoiceChatTransport,
  type StartAvatarRequest,
} from '@heygen/streaming-avatar';

export type SdkEvent = {
  type: string;
  detail: { task_id?: string; message?: string } | string | number | null;
  at: number;
};

/** What an application does with the vendor's SDK, in pieces that a test can call. */
class Application {
  readonly events: SdkEvent[] = [];
  readonly #avatar: StreamingAvatar;
  readonly #video = document.querySelector('video')!;

  constructor(token: string, basePath: string) {
    this.#avatar = new StreamingAvatar({ token, basePath });
    for (const type of Object.values(StreamingEvents)) {
      this.#avatar.on(type, ({ detail }: { detail: unknown }) => this.#note(type, detail));
    }
  }

  start(request: Partial<StartAvatarRequest>): Promise<{ session_id: string }> {
    return this.#avatar.createStartAvatar({
      avatarName: 'Wayne_20240711',
      quality: AvatarQuality.High,
      ...request,
    });
  }

  /** Of the picture that the browser decoded. */
  picture(): { width: number; height: number; frames: number } {
    const { videoWidth: width, videoHeight: height } = this.#video;
    return { width, height, frames: this.#video.getVideoPlaybackQuality().totalVideoFrames };
  }

  repeat(text: string): Promise<{ task_id: string; duration_ms: number }> {
    return this.#avatar.speak({ text, taskType: TaskType.REPEAT, taskMode: TaskMode.SYNC });
  }

  /** The SDK sends this over its socket, or into the room. */
  talk(text: string): Promise<void> {
    return this.#avatar.speak({ text, taskType: TaskType.TALK, taskMode: TaskMode.ASYNC });
  }

  interrupt = (): Promise<unknown> => this.#avatar.interrupt();
  keepAlive = (): Promise<unknown> => this.#avatar.keepAlive();
  stop = (): Promise<unknown> => this.#avatar.stopAvatar();

  async listen(): Promise<void> {
    await this.#avatar.startListening();
    await this.#avatar.stopListening();
  }

  #note(type: string, detail: unknown): void {
    if (detail instanceof MediaStream) {
      this.#video.srcObject = detail;
      void this.#video.play();
    }
    this.events.push({
      type,
      detail: detail instanceof MediaStream ? null : (detail as SdkEvent['detail']),
      at: Date.now(),
    });
  }
}

declare global {
  interface Window {
    Application: typeof Application;
    application: Application;
    VoiceChatTransport: typeof VoiceChatTransport;
  }
}
window.Application = Application;
window.VoiceChatTransport = VoiceChatTransport;
