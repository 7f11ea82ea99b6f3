import { randomUUID } from 'node:crypto';
import type { VendorSession } from '@avatar-bridge/contracts';
import type { VoiceSource } from '@avatar-bridge/relay';
import type { Logger } from 'pino';
import type {
  AvatarProvider,
  MediaChannel,
  OpenRequest,
  ProviderCapabilities,
  ProviderSession,
  SpeakResult,
  Utterance,
  VoiceEvent,
} from '../avatar-provider.ts';
import type { OwnVoice } from '../own-voice/own-voice.ts';
import { VoicedSpeech } from '../own-voice/voiced-speech.ts';
import { CancelledError, RetryableProviderError, SessionLostError } from '../provider-errors.ts';

const timing = { endGraceMs: 1_500, clearBoundMs: 1_000 };

/** No vendor at all: our own voice and a still picture, which the relay publishes. The last resort. */
export class VoiceOnlyProvider implements AvatarProvider {
  readonly name = 'voice-only';
  readonly capabilities: ProviderCapabilities;
  readonly #ownVoice: OwnVoice;
  readonly #logger: Logger;

  constructor({ ownVoice, logger }: { ownVoice: OwnVoice; logger: Logger }) {
    this.#ownVoice = ownVoice;
    this.#logger = logger;
    this.capabilities = {
      ...ownVoice.capabilities,
      uuidAvatars: false,
      defaultAvatar: true,
    };
  }

  async open(request: OpenRequest): Promise<ProviderSession> {
    const ref = { provider: this.name, id: randomUUID(), openedAt: Date.now() };
    await request.recordRef(ref);
    if (request.signal.aborted) throw new CancelledError();
    return new VoiceOnlySession(ref, request, this.#ownVoice, this.#logger);
  }

  /** What was being said went with the process that said it. */
  attach(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  reap(): Promise<{ wasOpen: boolean }> {
    return Promise.resolve({ wasOpen: false });
  }

  list(): Promise<VendorSession[]> {
    return Promise.resolve([]);
  }
}

class VoiceOnlySession implements ProviderSession {
  readonly ref: VendorSession;
  readonly media: VoiceSource = { kind: 'voice' };
  readonly keepAliveMs = Number.POSITIVE_INFINITY;
  readonly #speech: VoicedSpeech;
  #channel: MediaChannel | undefined;

  constructor(
    ref: VendorSession,
    { sessionId, avatar, onEvent }: OpenRequest,
    ownVoice: OwnVoice,
    logger: Logger,
  ) {
    this.ref = ref;
    this.#speech = new VoicedSpeech({
      sessionId,
      avatar,
      ownVoice,
      sink: {
        append: (utteranceId, pcm) => this.#play(utteranceId, pcm, false),
        commit: (utteranceId) => this.#play(utteranceId, new Int16Array(), true),
        clear: async () => {
          await this.#channel?.clearVoice().catch(unreachable);
          this.#speech.line.handle('cleared');
        },
      },
      timing,
      onEvent,
      onFailure: (error) => onEvent({ type: 'closed', reason: error.message }),
      logger: logger.child({ sessionId }),
    });
  }

  connect(channel: MediaChannel, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(new CancelledError());
    this.#channel = channel;
    this.#speech.open();
    return Promise.resolve();
  }

  speak(utterance: Utterance): Promise<SpeakResult> {
    if (!this.#channel) throw new SessionLostError('session-closed', 'The session is not on the stage');
    return this.#speech.speak(utterance);
  }

  interrupt(): Promise<void> {
    return this.#speech.line.interrupt();
  }

  keepAlive(): Promise<void> {
    return Promise.resolve();
  }

  handleRoomData(): void {}

  handleVoice(event: VoiceEvent): void {
    if (event.type === 'started') this.#speech.line.handle('started', event.utteranceId);
    else if (event.complete) this.#speech.line.handle('ended', event.utteranceId);
    else this.#speech.line.handle('cleared');
  }

  close(): Promise<void> {
    this.#speech.line.close();
    this.#channel = undefined;
    return Promise.resolve();
  }

  async #play(utteranceId: string, samples: Int16Array, last: boolean): Promise<void> {
    const pcm = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    await this.#channel?.playVoice({ utteranceId, pcm, last }).catch(unreachable);
  }
}

function unreachable(cause: unknown): never {
  throw new RetryableProviderError('unavailable', 'The relay takes no sound now', { cause });
}
