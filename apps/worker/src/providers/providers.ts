import type { OfferedProviders } from '@avatar-bridge/contracts';
import type { AvatarProvider } from './avatar-provider.ts';

/** The providers that this worker has what it needs for. */
export class Providers {
  /** Those of a session that names none, in order. */
  readonly order: readonly string[];
  readonly #byName: ReadonlyMap<string, AvatarProvider>;

  /** @param order default: all, as given */
  constructor(
    providers: readonly AvatarProvider[],
    order: readonly string[] = providers.map(({ name }) => name),
  ) {
    this.#byName = new Map(providers.map((provider) => [provider.name, provider]));
    this.order = order;
  }

  get all(): readonly AvatarProvider[] {
    return [...this.#byName.values()];
  }

  get(name: string): AvatarProvider | undefined {
    return this.#byName.get(name);
  }

  /** The same ones, each in what `wrap` makes of it. */
  map(wrap: (provider: AvatarProvider) => AvatarProvider): Providers {
    return new Providers(this.all.map(wrap), this.order);
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
