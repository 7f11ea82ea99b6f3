import type { NewSessionRequest } from '@avatar-bridge/heygen-client';
import { avatarStanding, voices } from '../catalogue.ts';
import { VendorFailure } from '../http/vendor-failure.ts';
import { SessionRegistry } from '../../session-registry.ts';
import type { SessionContext } from './session-context.ts';
import type { CloseReason } from '../../avatar/close-reason.ts';
import { VendorSession } from './vendor-session.ts';

/** All v1 sessions of the account. */
export class Sessions extends SessionRegistry<VendorSession, CloseReason> {
  readonly #context: SessionContext;

  constructor(context: SessionContext) {
    super();
    this.#context = context;
  }

  /** Checks what the vendor checks, and opens a session. */
  open(request: NewSessionRequest, openedWithKey: boolean): VendorSession {
    this.#mustBeAllowed(request);
    if (this.listOpen().length >= this.#context.limits.concurrency) throw this.#concurrencyLimit();
    const session = new VendorSession({
      request,
      openedWithKey,
      context: this.#context,
      onClosed: (closed) => this.end(closed),
    });
    this.add(session);
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
