import { isNamed, type OfferedProviders, type Session, type SessionProvider } from '@avatar-bridge/contracts';
import type { SlotAccount } from '@avatar-bridge/session-store';
import type { AvatarProvider } from './avatar-provider.ts';

/** The providers that this worker has what it needs for. */
export class Providers {
  /** Those of a session that names none, in order. */
  readonly order: readonly string[];
  readonly #byName: ReadonlyMap<string, AvatarProvider>;
  readonly #accounts: readonly SlotAccount[];

  /**
   * @param order default: all, as given
   * @param accounts those that have slots of their own
   */
  constructor(
    providers: readonly AvatarProvider[],
    order: readonly string[] = providers.map(({ name }) => name),
    accounts: readonly SlotAccount[] = [],
  ) {
    this.#byName = new Map(providers.map((provider) => [provider.name, provider]));
    this.order = order;
    this.#accounts = accounts;
  }

  get all(): readonly AvatarProvider[] {
    return [...this.#byName.values()];
  }

  get(name: string): AvatarProvider | undefined {
    return this.#byName.get(name);
  }

  /** Whether there are accounts with slots of their own. */
  get haveAccounts(): boolean {
    return this.#accounts.length > 0;
  }

  /** The account whose slots a provider uses, if it has some of its own. */
  accountOf(name: string): SlotAccount | undefined {
    return this.#accounts.find(({ providers }) => providers.includes(name));
  }

  /**
   * A session's providers by name, each vendor that has several accounts here once for each of them. A
   * session that names none has the usual ones.
   */
  listFor({ providers }: Pick<Session, 'providers'>): SessionProvider[] {
    const spread = new Map<string, SessionProvider>();
    for (const { name: wanted, ...own } of providers ?? this.order.map((name) => ({ name }))) {
      const named = this.all.map(({ name }) => name).filter((name) => isNamed(name, wanted));
      for (const name of named.length === 0 ? [wanted] : named)
        if (!spread.has(name)) spread.set(name, { name, ...own });
    }
    return [...spread.values()];
  }

  /** The same ones, each in what `wrap` makes of it. */
  map(wrap: (provider: AvatarProvider) => AvatarProvider): Providers {
    return new Providers(this.all.map(wrap), this.order, this.#accounts);
  }

  /** What the gateway is told of them. */
  get offered(): OfferedProviders {
    const offered = this.all.map(({ name, capabilities }) => {
      const { modes, talkNeedsKnowledge, uuidAvatars, defaultAvatar } = capabilities;
      return { name, modes: [...modes], talkNeedsKnowledge, uuidAvatars, defaultAvatar };
    });
    return { offered, order: [...this.order] };
  }
}
