import type { Logger, ReceivedData, RemoteParticipant, RtpParticipant } from '@avatar-bridge/livekit-rtp';

/** One speech under way. Times: `startedAt` epoch ms, `atMs` after it. */
export type SpeechUnderWay = {
  durationMs: number;
  startedAt: number;
  finished: Promise<'ended' | 'interrupted'>;
  segments: { text: string; atMs: number }[];
};

/** One speech whose sound is brought while it plays. */
export type VoiceUnderWay = {
  /**
   * Resolves when the first sound goes out; with `finished` when there never was any. `startedAt`: epoch ms.
   */
  started: Promise<{ startedAt: number }>;
  finished: Promise<'ended' | 'interrupted'>;
  /** s16 mono at 24 kHz. */
  append(pcm: Int16Array): void;
  /** Nothing more will come. */
  end(): void;
  /** ms of sound that went out. */
  playedMs(): number;
};

/** The avatar's part in the room that a vendor session needs. */
export type AvatarParticipant = Pick<RtpParticipant, 'remoteParticipants' | 'sendData'> & {
  on(event: 'data', listener: (data: ReceivedData) => void): unknown;
  on(
    event: 'participantJoined' | 'participantUpdated' | 'participantLeft',
    listener: (participant: RemoteParticipant) => void,
  ): unknown;
  on(event: 'disconnected', listener: (end: { reason: string }) => void): unknown;
};

/** The talking face in a room: what a vendor session drives. */
export interface AvatarMedia {
  /** Resolves when both tracks are up; rejects when they never will be. */
  readonly ready: Promise<void>;
  readonly participant: AvatarParticipant;
  /** Resolves when the first sound goes out. One at a time. Rejects when `signal` fires before that. */
  speak(text: string, options?: { signal?: AbortSignal }): Promise<SpeechUnderWay>;
  /**
   * Begins a speech whose sound comes bit by bit. `onDry` tells when it ran out of sound before its end, and
   * when there is sound again. One at a time: throws while something else is being said.
   */
  speakVoice(onDry: (dry: boolean) => void): VoiceUnderWay;
  /** Whether there was something to silence. */
  interrupt(): boolean;
  stall(kind: 'audio' | 'video' | 'both', on: boolean): void;
  close(reason?: string): Promise<void>;
}

/** How the face looks and sounds. */
export type Face = {
  videoEncoding: 'H264' | 'VP8';
  quality: 'low' | 'medium' | 'high';
  voiceId?: string;
  rate?: number;
  language?: string;
};

/** How the double's face gets into a room. */
export type StartMedia = (
  options: Face & { url: string; token: string; logger?: Logger; signal?: AbortSignal },
) => Promise<AvatarMedia>;
