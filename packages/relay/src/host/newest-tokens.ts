import type { RelayOptions } from '../media-relay.ts';

/**
 * What the servers have sent in place of the tokens that rooms were joined with: those last as long as a
 * connection, the ones that were given may have expired long since. By the token that was given, because the
 * room that is being switched to has its own before the switch is known to be done.
 */
export class NewestTokens {
  readonly #newest = new Map<string, string>();

  refresh(given: string, newest: string): void {
    this.#newest.set(given, newest);
  }

  /** The rooms to join again. Their servers begin anew to refresh these tokens. */
  renew(options: RelayOptions): RelayOptions {
    const { source, stage } = options;
    const renewed = {
      ...options,
      source: source.kind === 'room' ? { ...source, token: this.#of(source.token) } : source,
      stage: { ...stage, token: this.#of(stage.token) },
    };
    this.#newest.clear();
    return renewed;
  }

  /** Other rooms than these are left for good. */
  keep({ source, stage }: RelayOptions): void {
    for (const given of this.#newest.keys())
      if (!(source.kind === 'room' && given === source.token) && given !== stage.token)
        this.#newest.delete(given);
  }

  #of(given: string): string {
    return this.#newest.get(given) ?? given;
  }
}
