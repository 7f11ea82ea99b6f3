import type { CloseReason } from '../../avatar/close-reason.ts';
import { SessionRegistry } from '../../session-registry.ts';
import { voices } from '../catalogue.ts';
import { LiveAvatarFailure } from '../http/failure.ts';
import type { LiveAvatarContext } from '../liveavatar-context.ts';
import { canPublishData } from './join-token.ts';
import { LiveAvatarSession } from './liveavatar-session.ts';
import type { SessionSettings } from './session-settings.ts';

/** All LiveAvatar sessions of the account. */
export class LiveAvatarSessions extends SessionRegistry<LiveAvatarSession, CloseReason> {
  readonly #context: LiveAvatarContext;

  constructor(context: LiveAvatarContext) {
    super();
    this.#context = context;
  }

  /** A session that nobody started yet; it counts for nothing. */
  mint(settings: SessionSettings): LiveAvatarSession {
    const session = new LiveAvatarSession({
      settings,
      context: this.#context,
      onClosed: (closed) => this.end(closed),
    });
    this.add(session);
    return session;
  }

  /** The session, open or not; throws the vendor's error for one it doesn't know. */
  require(id: string | undefined): LiveAvatarSession {
    const session = id === undefined ? undefined : this.find(id.toLowerCase());
    if (!session) throw LiveAvatarFailure.of('sessionNotFound');
    return session;
  }

  /** The open session whose socket has this key. */
  bySocketKey(key: string): LiveAvatarSession | undefined {
    return this.listOpen().find((session) => session.socketKey === key);
  }

  listRunning(): LiveAvatarSession[] {
    return this.listOpen().filter(({ state }) => state.name !== 'minted');
  }

  /** Checks what the vendor checks only now, and starts. */
  async start(id: string): Promise<LiveAvatarSession> {
    const session = this.require(id);
    const { voiceId, place } = session.settings;
    if (session.state.name !== 'minted') throw LiveAvatarFailure.of('sessionNotFound');
    if (voiceId !== undefined && !voices.some((voice) => voice.id === voiceId.toLowerCase()))
      throw LiveAvatarFailure.of('voiceNotFound');
    if (place.kind === 'handed' && !canPublishData(place.token)) throw LiveAvatarFailure.internal();
    if (this.listRunning().length >= this.#context.limits.concurrency)
      throw LiveAvatarFailure.of('concurrencyLimit');
    await session.start();
    return session;
  }
}
