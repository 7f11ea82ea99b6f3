import type { AvatarSettings, MessageMode, VendorSession } from '@avatar-bridge/contracts';
import type { VendorSessionRef } from '@avatar-bridge/session-store';
import type { DataOptions, RelaySource } from '@avatar-bridge/relay';
import type { VendorEvent } from './vendor-event.ts';

/** A vendor that runs avatars. The session actor knows vendors only through this. */
export interface AvatarProvider {
  /** As recorded with each of its vendor sessions, e.g. `heygen`. */
  readonly name: string;
  readonly capabilities: ProviderCapabilities;

  /**
   * Creates a vendor session and starts it. The room may be joined when this resolves; utterances are taken
   * when the room's media is up. A vendor session that comes into being is always reported through
   * `request.recordRef` first, also when `signal` aborted meanwhile: an aborted open waits for the creation's
   * answer. When open rejects after it reported a ref, it has tried to stop that vendor session; the caller
   * reaps it again, to be sure.
   *
   * @throws TerminalProviderError, RetryableProviderError, CancelledError
   */
  open(request: OpenRequest): Promise<ProviderSession>;

  /**
   * Takes over a vendor session that another worker opened; undefined when the vendor has no way back into
   * its room.
   */
  attach(
    ref: VendorSessionRef,
    request: Omit<OpenRequest, 'recordRef'>,
  ): Promise<ProviderSession | undefined>;

  /**
   * Which vendor sessions fit a request: two requests with the same key can use each other's. What `attach`
   * still takes, such as the opening text, is no part of it. Undefined, or no such method: none can be kept
   * ready for it.
   */
  poolKey?(request: Pick<OpenRequest, 'avatar' | 'previous'>): string | undefined;

  /**
   * Stops a vendor session known by its ref only. `wasOpen` is false when it was gone already; rejects when
   * nobody knows.
   */
  reap(ref: VendorSession, signal?: AbortSignal): Promise<{ wasOpen: boolean }>;

  /** The vendor sessions that are open in the account now, whoever opened them. */
  list(signal?: AbortSignal): Promise<VendorSession[]>;
}

export type ProviderCapabilities = {
  modes: readonly MessageMode[];
  /** `talk` works only in a session whose avatar settings have a `knowledgeBase` or a `knowledgeBaseId`. */
  talkNeedsKnowledge: boolean;
  /** Its avatars' ids are UUIDs; it rejects others. */
  uuidAvatars: boolean;
  /** It has an avatar for the id `default`. */
  defaultAvatar: boolean;
  /** Characters of one utterance. */
  maxUtteranceLength: number;
  /**
   * How many utterances the vendor may hold at once and speaks in order: 1 when it has no queue, 2 for one
   * playing and one waiting.
   */
  queueDepth: number;
  /**
   * What it was given is said to the end although its worker is gone: text is, sound of which a vendor holds
   * some seconds is not.
   */
  finishesAlone: boolean;
  /** Another session of it can be opened while one lives, and be switched to. */
  rollover: boolean;
};

/** Whether a provider can answer texts in a session with these settings. */
export function canTalk(
  { modes, talkNeedsKnowledge }: Pick<ProviderCapabilities, 'modes' | 'talkNeedsKnowledge'>,
  { knowledgeBase, knowledgeBaseId }: Pick<AvatarSettings, 'knowledgeBase' | 'knowledgeBaseId'>,
): boolean {
  const hasKnowledge = knowledgeBase !== undefined || knowledgeBaseId !== undefined;
  return modes.includes('talk') && (hasKnowledge || !talkNeedsKnowledge);
}

export type OpenRequest = {
  /** Ours, for logs. */
  sessionId: string;
  avatar: AvatarSettings;
  /** Whether our session has been live before, in whichever worker. */
  wasLive?: boolean;
  /** It is kept ready for a session to come: nobody would hear what it says meanwhile. */
  forPool?: boolean;
  /** The vendor session that this one replaces, for vendors that carry the conversation over. */
  previous?: VendorSession;
  /** Mints a place on the stage for an avatar that joins it by itself. */
  seatAvatar: () => Promise<StageSeat>;
  /**
   * Awaited before the vendor session is used, so that it is written down first. When it rejects, the vendor
   * session is stopped and open rejects.
   */
  recordRef: (ref: VendorSessionRef) => Promise<void>;
  /** Called with each event, from open on until `closed`, never after close(). */
  onEvent: (event: VendorEvent) => void;
  signal: AbortSignal;
};

/**
 * A place on the stage: a token that lets the avatar join `room` as `identity` and publish picture, voice and
 * data.
 */
export type StageSeat = { url: string; room: string; token: string; identity: string };

/** The relay as a vendor session sees it. */
export interface MediaChannel {
  /** A reliable data packet into the vendor's room, or to the stage where the avatar is there itself. */
  sendData(payload: string, options?: DataOptions): Promise<void>;
  /** `media.kind` voice only: appends sound to an utterance, see Relay.playVoice. */
  playVoice(chunk: VoiceChunk): Promise<void>;
  /** `media.kind` voice only: drops the sound that was not played yet. */
  clearVoice(): Promise<void>;
}

/** s16le, 24 kHz, mono. Utterances are played in the order of their first chunk; `last` ends one. */
export type VoiceChunk = { utteranceId: string; pcm: Uint8Array; last: boolean };

/**
 * What the relay says of the sound that it was given. `complete` is false when it was cleared before its end.
 */
export type VoiceEvent =
  | { type: 'started'; utteranceId: string }
  | { type: 'ended'; utteranceId: string; playedMs: number; complete: boolean };

/**
 * `signal` aborts when nobody wants it any more: what is not yet on its way to the vendor is given up, with a
 * CancelledError; what is may be taken all the same, and its answer is waited for.
 */
export type Utterance = { messageId: string; text: string; mode: MessageMode; signal: AbortSignal };

/** The vendor has the utterance. `expectedDuration`, ms, is the vendor's own guess, often wrong. */
export type SpeakResult = { taskId: string; expectedDuration?: number };

/** Where a data packet came from; neither is set by every server. */
export type DataOrigin = { topic?: string; participantIdentity?: string };

/** One session at the vendor. Every call has a timeout of its own. */
export interface ProviderSession {
  readonly ref: VendorSession;
  /** Where the relay finds the avatar's picture and voice. */
  readonly media: RelaySource;
  /** ms between two keepAlive() calls; Infinity when it needs none. */
  readonly keepAliveMs: number;
  /** ms after which the vendor closes it whatever happens. */
  readonly durationLimitMs?: number;

  /**
   * Called once, when the avatar is on the stage and before anything else: opens what the vendor sends events
   * over besides the room. The loss of that later is no reason to close.
   */
  connect(media: MediaChannel, signal: AbortSignal): Promise<void>;

  /**
   * Hands over one utterance; resolves when the vendor has it, not when it is spoken.
   *
   * @throws TerminalProviderError (this text will never be taken), RetryableProviderError (not taken, or
   * `uncertain`), SessionLostError (open another), CancelledError
   */
  speak(utterance: Utterance): Promise<SpeakResult>;

  /**
   * Silences the avatar and forgets what waits behind. Resolves when the vendor was told; nothing happens
   * when it is silent.
   */
  interrupt(signal?: AbortSignal): Promise<void>;

  /** Resets the vendor's idle timer. */
  keepAlive(signal?: AbortSignal): Promise<void>;

  /** A data packet of the vendor's room, as text: the relay owns the room. Leaves as events. Never throws. */
  handleRoomData(payload: string, from: DataOrigin): void;

  /** What became of the sound that was handed to playVoice(). */
  handleVoice?(event: VoiceEvent): void;

  /** Somebody else goes on with it, or stops it: no more events, no more calls. Where `poolKey` is. */
  letGo?(): void;

  /**
   * Stops it at the vendor. Idempotent; resolves when the vendor said so or the session was gone, rejects
   * when nobody knows.
   */
  close(reason: string): Promise<void>;
}
