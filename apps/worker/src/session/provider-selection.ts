import type { AvatarSettings, SessionProvider } from '@avatar-bridge/contracts';
import type { OwnedSession } from '@avatar-bridge/session-store';
import type { AvatarProvider, ProviderCapabilities } from '../providers/avatar-provider.ts';
import { TerminalProviderError } from '../providers/provider-errors.ts';
import type { Providers } from '../providers/providers.ts';
import type { Down } from './explain.ts';
import type { Journal } from './journal.ts';
import { type Choice, type ChoiceRules, firstChoice, next, waitsUntil } from './provider-choice.ts';

export type SelectionRules = Omit<ChoiceRules, 'count'>;

export type ProviderSelectionParts = {
  owned: Pick<OwnedSession, 'record'>;
  providers: Providers;
  rules: SelectionRules;
  journal: Pick<Journal, 'write'>;
};

/** Of a provider that this worker lacks: what any of them can do, until another one goes on. */
const ofMissing: ProviderCapabilities = {
  modes: ['repeat'],
  talkNeedsKnowledge: false,
  uuidAvatars: false,
  defaultAvatar: false,
  maxUtteranceLength: 1_000,
  queueDepth: 1,
  finishesAlone: false,
  rollover: false,
};

/** A session's providers: keeps the choice (provider-choice.ts), and writes it down so that a next owner begins with it. */
export class ProviderSelection {
  readonly #parts: ProviderSelectionParts;
  readonly #list: readonly SessionProvider[];
  readonly #rules: ChoiceRules;
  #choice: Choice;

  constructor(parts: ProviderSelectionParts) {
    const { owned, providers, rules } = parts;
    const { record } = owned;
    this.#parts = parts;
    this.#list = record.providers ?? providers.order.map((name) => ({ name }));
    this.#rules = { ...rules, count: this.#list.length };
    const inUse = this.#list.findIndex(({ name }) => name === record.provider);
    this.#choice = firstChoice(Math.max(inUse, 0));
    if (record.provider !== this.name || record.providers === undefined) this.#write();
  }

  /** The name of the one in use. */
  get name(): string {
    return this.#list[this.#choice.index]?.name ?? '';
  }

  /** Whether another one could go on when this one fails. */
  get hasNext(): boolean {
    return this.#choice.index < this.#list.length - 1;
  }

  /** The one in use; undefined when this worker lacks what it needs. */
  get provider(): AvatarProvider | undefined {
    return this.#parts.providers.get(this.name);
  }

  get capabilities(): ProviderCapabilities {
    return this.provider?.capabilities ?? ofMissing;
  }

  /** @throws TerminalProviderError when this worker lacks what the provider needs. */
  required(): AvatarProvider {
    if (this.provider) return this.provider;
    const has = this.#parts.providers.order.join(', ');
    throw new TerminalProviderError(
      'unknown-provider',
      `The worker has no provider ${this.name} (it has ${has}): set its key, or name another one`,
    );
  }

  /** The session's avatar, with what is special to the provider in use. */
  avatar(): AvatarSettings {
    const { avatar } = this.#parts.owned.record;
    const { avatarId, voiceId } = this.#list[this.#choice.index] ?? {};
    return {
      ...avatar,
      ...(avatarId !== undefined && { id: avatarId }),
      ...(voiceId !== undefined && { voice: { ...avatar.voice, id: voiceId } }),
    };
  }

  opened(): void {
    this.#choice = next(this.#choice, { type: 'opened' }, this.#rules);
  }

  spoken(): void {
    this.#choice = next(this.#choice, { type: 'spoken' }, this.#rules);
  }

  /**
   * Takes a failure into account, and returns it as it is for the session: no end while another provider goes on.
   *
   * @param stable what was lost had been on the stage for long
   */
  failed(
    down: Down,
    at: number,
    { stable }: { stable: boolean },
  ): Down & { another?: true; tryAgainBy?: number } {
    const from = this.name;
    const { index } = this.#choice;
    const { kind, retryAfter, reason } = down;
    this.#choice = next(this.#choice, { type: 'failed', kind, at, retryAfter, stable }, this.#rules);
    if (this.#choice.index !== index) {
      this.#write({ type: 'provider.changed', from, to: this.name, reason });
      const { end: _, retryAfter: __, ...rest } = down;
      return { ...rest, another: true };
    }
    const until = waitsUntil(this.#choice, this.#rules);
    return Number.isFinite(until) ? { ...down, tryAgainBy: until } : down;
  }

  #write(event?: Parameters<OwnedSession['setProviders']>[1]): void {
    const choice = { provider: this.name, providers: [...this.#list] };
    this.#parts.journal.write((owned) => owned.setProviders(choice, event));
  }
}
