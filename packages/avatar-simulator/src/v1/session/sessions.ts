import type { NewSessionRequest } from '@avatar-bridge/heygen-client';
import { avatarStanding, voices } from '../catalogue.ts';
import { VendorFailure } from '../http/vendor-failure.ts';
import { bounds } from '../../limits.ts';
import type { SessionContext } from './session-context.ts';
import type { CloseReason } from './session-state.ts';
import { VendorSession } from './vendor-session.ts';

/** All sessions of the account: those open now, and those of the past as far back as memory is given. */
export class Sessions {
  readonly #context: SessionContext;
  readonly #open = new Map<string, VendorSession>();
  readonly #ended = new Map<string, VendorSession>();

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Checks what the vendor checks, and opens a session. */
  open(request: NewSessionRequest, openedWithKey: boolean): VendorSession {
    this.#mustBeAllowed(request);
    if (this.#open.size >= this.#context.limits.concurrency) throw this.#concurrencyLimit();
    const session = new VendorSession({
      request,
      openedWithKey,
      context: this.#context,
      onClosed: (closed) => this.#end(closed),
    });
    this.#open.set(session.id, session);
    return session;
  }

  /** The session, open or not; throws the vendor's error for one it doesn't know. */
  get(id: string): VendorSession {
    const session = this.find(id);
    if (session) return session;
    throw VendorFailure.of(
      this.#context.switches.values.unknownSession === 'wrong-state' ? 'wrongState' : 'sessionUnknown',
    );
  }

  find(id: string): VendorSession | undefined {
    return this.#open.get(id) ?? this.#ended.get(id);
  }

  listOpen(): VendorSession[] {
    return [...this.#open.values()];
  }

  /** Ended ones first, each in the order of their end; then the open ones. */
  listAll(): VendorSession[] {
    return [...this.#ended.values(), ...this.#open.values()];
  }

  /** Closes every session and resolves when all rooms are gone. */
  async closeAll(reason: CloseReason): Promise<void> {
    await Promise.all(this.listOpen().map((session) => session.close(reason)));
  }

  forgetEnded(): void {
    this.#ended.clear();
  }

  #end(session: VendorSession): void {
    this.#open.delete(session.id);
    this.#ended.set(session.id, session);
    let tasks = 0;
    for (const ended of this.#ended.values()) tasks += ended.tasks.length;
    for (const [id, ended] of this.#ended) {
      if (this.#ended.size <= bounds.endedSessions && tasks <= bounds.tasks) break;
      tasks -= ended.tasks.length;
      this.#ended.delete(id);
    }
  }

  #mustBeAllowed(request: NewSessionRequest): void {
    const { knowledge_base_id: knowledgeBaseId, voice } = request;
    if (request.version !== 'v2')
      throw VendorFailure.invalid('version must be v2: raw WebRTC is no longer supported');
    switch (avatarStanding(request.avatar_id || request.avatar_name || 'default')) {
      case 'unknown':
        throw VendorFailure.of('avatarNotAllowed');
      case 'studio-only':
        throw VendorFailure.of('avatarNotInteractive');
      case 'deprecated':
        throw VendorFailure.of('avatarDeprecated');
      case 'interactive':
        break;
    }
    const known = voices.find(({ voice_id: id }) => id === voice?.voice_id);
    if (voice?.voice_id && !known?.support_realtime)
      throw VendorFailure.invalid('voice.voice_id names no voice that supports real time');
    if (voice?.rate !== undefined && (voice.rate < 0.5 || voice.rate > 1.5))
      throw VendorFailure.invalid('voice.rate must be between 0.5 and 1.5');
    if (knowledgeBaseId && !this.#context.knowledgeBases.get(knowledgeBaseId)) {
      throw VendorFailure.invalid('knowledge_base_id names no knowledge base');
    }
  }

  #concurrencyLimit(): VendorFailure {
    const { status, message } = VendorFailure.of('concurrencyLimit');
    const code = { 'code-10007': 10_007, 'code-10004': 10_004, none: undefined }[
      this.#context.switches.values.concurrencyCode
    ];
    return new VendorFailure({ status, ...(code !== undefined && { code }), message });
  }
}
