import type { AvatarSettings, SessionProvider } from '@avatar-bridge/contracts';
import type { OwnedSession } from '@avatar-bridge/session-store';
import type { AvatarProvider, ProviderCapabilities } from '../providers/avatar-provider.ts';
import { RetryableProviderError, TerminalProviderError } from '../providers/provider-errors.ts';
import type { Providers } from '../providers/providers.ts';
import type { Down } from './explain.ts';
import type { Journal } from './journal.ts';
import { type Choice, type ChoiceRules, firstChoice, next, waitsUntil } from './provider-choice.ts';

export type SelectionRules = Omit<ChoiceRules, 'count'>;

export type ProviderSelectionParts = {
  owned: Pick<OwnedSession, 'record' | 'reserveInAccount'>;
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

const noSlotIn = (accounts: ReadonlySet<string>) => `No slot is free in ${[...accounts].join(', ')}`;

/**
 * A session's providers: keeps the choice (provider-choice.ts), and writes it down so that a next owner
 * begins with it.
 */
export class ProviderSelection {
  readonly #parts: ProviderSelectionParts;
  readonly #list: readonly SessionProvider[];
  readonly #rules: ChoiceRules;
  /** Left because they failed: they are not returned to for a slot. */
  readonly #left = new Set<number>();
  #choice: Choice;
  /** Since when no account has had a slot for the session (epoch ms). */
  #fullSince: number | undefined;

  constructor(parts: ProviderSelectionParts) {
    const { owned, providers, rules } = parts;
    const { record } = owned;
    this.#parts = parts;
    this.#list = providers.listFor(record);
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

  /**
   * Reserves a slot for a vendor session, of the first account that has one free: that of the provider in
   * use, of those after it, of those before it. Resolves with false when the provider to open one with has no
   * account of its own slots. Without a free slot a provider that needs none goes on after a while.
   *
   * @throws RetryableProviderError `no-slot`
   */
  async takeSlot(at: number): Promise<boolean> {
    const { owned, providers, rules } = this.#parts;
    const { index: inUse } = this.#choice;
    if (!providers.accountOf(this.name)) return false;
    const full = new Set<string>();
    const later = this.#list.map((_, index) => (inUse + index) % this.#list.length);
    for (const index of later.filter((each) => !this.#left.has(each))) {
      const account = providers.accountOf(this.#list[index]?.name ?? '');
      if (!account || full.has(account.id)) continue;
      // oxlint-disable-next-line no-await-in-loop -- the next one is asked only when this one has none
      if (await owned.reserveInAccount(account)) {
        this.#fullSince = undefined;
        this.#goOnWith(index, full);
        return true;
      }
      full.add(account.id);
    }
    this.#fullSince ??= at;
    const spare = this.#list.findIndex(({ name }, index) => index > inUse && !providers.accountOf(name));
    if (spare === -1 || at - this.#fullSince < rules.slotWaitMs)
      throw new RetryableProviderError('no-slot', noSlotIn(full));
    this.#goOnWith(spare, full);
    return false;
  }

  /** Reserves a slot for a second vendor session; true where there is no account with slots of its own. */
  async takeSlotBeside(): Promise<boolean> {
    const { owned, providers } = this.#parts;
    const account = providers.accountOf(this.name);
    return !account || owned.reserveInAccount(account, { beside: true });
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
   * Takes a failure into account, and returns it as it is for the session: no end while another provider goes
   * on.
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
      if (kind !== 'no-slot') this.#left.add(index);
      this.#write({ type: 'provider.changed', from, to: this.name, reason });
      const { end: _, retryAfter: __, ...rest } = down;
      return { ...rest, another: true };
    }
    const until = waitsUntil(this.#choice, this.#rules);
    return Number.isFinite(until) ? { ...down, tryAgainBy: until } : down;
  }

  #goOnWith(index: number, full: ReadonlySet<string>): void {
    if (index === this.#choice.index) return;
    const from = this.name;
    this.#choice = firstChoice(index);
    this.#write({ type: 'provider.changed', from, to: this.name, reason: noSlotIn(full) });
  }

  #write(event?: Parameters<OwnedSession['setProviders']>[1]): void {
    const choice = { provider: this.name, providers: [...this.#list] };
    this.#parts.journal.write((owned) => owned.setProviders(choice, event));
  }
}
