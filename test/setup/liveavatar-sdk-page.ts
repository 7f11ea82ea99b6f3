import {
  AgentEventsEnum,
  LiveAvatarSession,
  SessionEvent,
  type SessionState,
} from '@heygen/liveavatar-web-sdk';

export type LiveAvatarSdkEvent = {
  type: string;
  detail: { event_id?: string; source_event_id?: string | null; text?: string } | string;
  at: number;
};

/** What an application does with the vendor's SDK, in pieces that a test can call. */
class LiveAvatarApplication {
  readonly events: LiveAvatarSdkEvent[] = [];
  /** What the SDK said that it could not do. */
  readonly problems: string[] = [];
  readonly #session: LiveAvatarSession;
  readonly #video = document.querySelector('video')!;

  constructor(token: string, apiUrl: string) {
    addEventListener('unhandledrejection', ({ reason }) => this.problems.push(String(reason)));
    this.#session = new LiveAvatarSession(token, { apiUrl, voiceChat: false });
    this.#session.on(SessionEvent.SESSION_STREAM_READY, () => this.#session.attach(this.#video));
    for (const type of Object.values<string>(SessionEvent)) this.#note(type);
    for (const type of Object.values<string>(AgentEventsEnum)) this.#note(type);
  }

  start = (): Promise<void> => this.#session.start();
  stop = (): Promise<void> => this.#session.stop();
  keepAlive = (): Promise<void> => this.#session.keepAlive();
  repeat = (text: string): string => this.#session.repeat(text);
  message = (text: string): string => this.#session.message(text);
  interrupt = (): void => this.#session.interrupt();
  startListening = (): string => this.#session.startListening();
  stopListening = (): string => this.#session.stopListening();

  /** Says a tone of that many seconds. */
  repeatTone(seconds: number): string {
    const samples = Int16Array.from(
      { length: seconds * 24_000 },
      (_, at) => Math.sin((at * 2 * Math.PI * 220) / 24_000) * 12_000,
    );
    let binary = '';
    for (const byte of new Uint8Array(samples.buffer)) binary += String.fromCharCode(byte);
    return this.#session.repeatAudio(btoa(binary));
  }

  get state(): SessionState {
    return this.#session.state;
  }

  get maxSessionDuration(): number | null {
    return this.#session.maxSessionDuration;
  }

  /** Of the picture that the browser decoded. */
  picture(): { width: number; height: number; frames: number } {
    const { videoWidth: width, videoHeight: height } = this.#video;
    return { width, height, frames: this.#video.getVideoPlaybackQuality().totalVideoFrames };
  }

  #note(type: string): void {
    const note = (detail: unknown) =>
      this.events.push({ type, detail: detail as LiveAvatarSdkEvent['detail'], at: performance.now() });
    (this.#session as { on(type: string, listener: (detail: unknown) => void): void }).on(type, note);
  }
}

declare global {
  interface Window {
    LiveAvatarApplication: typeof LiveAvatarApplication;
    liveAvatar: LiveAvatarApplication;
  }
}
window.LiveAvatarApplication = LiveAvatarApplication;
