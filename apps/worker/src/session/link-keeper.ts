import type { SessionId, VendorSession } from '@avatar-bridge/contracts';
import type { OwnedSession } from '@avatar-bridge/session-store';
import type { AvatarProvider } from '../providers/avatar-provider.ts';
import { type Down, explain } from './explain.ts';
import { Link, type LinkListeners, type LinkParts } from './link.ts';
import type { ProviderSelection } from './provider-selection.ts';
import { stableAfter } from './state.ts';
import { now } from '../clock.ts';

export type LinkKeeperParts = Pick<
  LinkParts,
  'mediaRelay' | 'stage' | 'vendorSessions' | 'metrics' | 'logger'
> & {
  owned: Pick<OwnedSession, 'id' | 'record'>;
  selection: ProviderSelection;
  /** Resolves when the vendor sessions of a former owner are stopped. */
  inherited: Promise<unknown>;
  /** Whether an error means that the session is another owner's; then nothing more is reported. */
  isFence: (error: unknown) => boolean;
  listeners: Omit<LinkListeners, 'lost'> & {
    /** A vendor session is on the stage. */
    up: (link: Link, provider: AvatarProvider) => void;
    /** It was lost, or none could be opened. */
    down: (down: ReturnType<ProviderSelection['failed']>) => void;
  };
  wake: () => void;
};

/**
 * Opens the vendor sessions of one session, one at a time, each by the provider that is chosen then, and stops them. A lost one is
 * stopped before the next is opened; its last picture stays on the stage until the next one is there.
 */
export class LinkKeeper {
  readonly #parts: LinkKeeperParts;
  #link: Link | undefined;
  #upAt = 0;
  /** Why the link is to be given up. */
  #lost: Error | undefined;
  /** The lost link; its last picture stays on the stage until a new link is up. */
  #lastPicture: Link | undefined;
  #opening: { cancel: AbortController; done: Promise<void> } | undefined;
  #stopping: Promise<void> | undefined;
  #previous: VendorSession | undefined;

  constructor(parts: LinkKeeperParts) {
    this.#parts = parts;
    this.#previous = parts.owned.record.vendorSessions.at(-1);
  }

  /** The vendor session that can be spoken to. */
  get current(): Link | undefined {
    return this.#link;
  }

  /** What is on the stage: the current one, or the last picture of the one before. */
  get onStage(): Link | undefined {
    return this.#link ?? this.#lastPicture;
  }

  /** Whether one is being opened or stopped. */
  get busy(): boolean {
    return this.#opening !== undefined || this.#stopping !== undefined;
  }

  /** Opens one, unless there is one or the keeper is busy. */
  open(): void {
    if (this.busy || this.#link) return;
    const cancel = new AbortController();
    const done = this.#open(cancel.signal).finally(() => {
      this.#opening = undefined;
      this.#parts.wake();
    });
    this.#opening = { cancel, done };
  }

  /** The current one can't be used any more; acted upon at the next settle(). */
  lose(error: Error): void {
    this.#lost ??= error;
    this.#parts.wake();
  }

  /** Gives up what was lost. */
  settle(): void {
    if (this.#lost && this.#link && !this.#stopping) this.#giveUp(this.#link, this.#lost);
    this.#lost = undefined;
  }

  cancelOpening(): void {
    this.#opening?.cancel.abort();
  }

  /** Stops the vendor session and leaves the stage; never rejects. */
  async close(reason: string): Promise<void> {
    const [link, lastPicture] = [this.#link, this.#lastPicture];
    this.#link = undefined;
    this.#lastPicture = undefined;
    await Promise.all([link?.stopVendor(reason), link?.leaveStage(reason), lastPicture?.leaveStage(reason)]);
  }

  /** Resolves when nothing is being opened or stopped any more. */
  async idle(): Promise<void> {
    await this.#opening?.done;
    await this.#stopping;
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { inherited, isFence, listeners, logger, selection } = this.#parts;
    try {
      // One slot, one vendor session.
      await inherited;
      signal.throwIfAborted();
      const provider = selection.required();
      const link = await Link.open(
        this.#linkParts(provider),
        { ...listeners, lost: (error) => this.lose(error) },
        signal,
      );
      void this.#lastPicture?.leaveStage('its successor is on the stage');
      this.#lastPicture = undefined;
      this.#link = link;
      this.#upAt = performance.now();
      selection.opened();
      listeners.up(link, provider);
    } catch (error) {
      if (signal.aborted || isFence(error)) return;
      const down = explain(error);
      logger.warn(
        { err: error, code: down.code, provider: selection.name },
        'no vendor session could be put on the stage',
      );
      this.#report(down, { stable: false });
    }
  }

  #giveUp(link: Link, error: Error): void {
    const down = explain(error);
    const { ref } = link.session;
    this.#parts.logger.warn(
      { err: error, code: down.code, provider: ref.provider, vendorSessionId: ref.id },
      'the vendor session was lost',
    );
    this.#link = undefined;
    this.#previous = ref;
    void this.#lastPicture?.leaveStage('it was lost, and its successor, too');
    this.#lastPicture = link;
    // One slot, one vendor session: the next is opened when this one is stopped.
    this.#stopping = link.stopVendor(down.reason).finally(() => {
      this.#stopping = undefined;
      this.#parts.wake();
    });
    this.#report(down, { stable: performance.now() - this.#upAt >= stableAfter });
  }

  #report(down: Down, lost: { stable: boolean }): void {
    this.#parts.metrics.vendorSessionLost(down.code);
    this.#parts.listeners.down(this.#parts.selection.failed(down, now(), lost));
  }

  #linkParts(provider: AvatarProvider): LinkParts {
    const { logger, mediaRelay, metrics, owned, selection, stage, vendorSessions } = this.#parts;
    const sessionId: SessionId = owned.id;
    const previous = this.#previous?.provider === provider.name ? this.#previous : undefined;
    const avatar = selection.avatar();
    const { room, dialect } = owned.record;
    return {
      sessionId,
      room,
      ...(dialect && { dialect }),
      avatar,
      previous,
      provider,
      mediaRelay,
      stage,
      vendorSessions,
      metrics,
      logger,
    };
  }
}
