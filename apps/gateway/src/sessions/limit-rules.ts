import { ConfigError, jsonVariable, SessionLimits } from '@avatar-bridge/contracts';
import { z } from 'zod';
import { badInput } from '../problems/bad-input.ts';

type Limits = Partial<SessionLimits>;
const bounding = ['maxDurationSeconds', 'idleSeconds', 'unwatchedSeconds', 'queuedSeconds'] as const;

/** BRIDGE_KEY_LIMITS: limits by the names of keys. */
export const KeyLimits = jsonVariable.pipe(
  z.record(
    z.string().regex(/^key_[0-9a-f]{12}$/, "must be a key's name, as the gateway tells when it starts"),
    SessionLimits.partial(),
  ),
);

/**
 * What limits a session gets: its own, as far as those of the key that opens it allow; else the key's; else
 * the usual ones.
 */
export class LimitRules {
  readonly #usual: Limits;
  readonly #byKey: Readonly<Record<string, Limits>>;

  /** @throws ConfigError when a key of `byKey` is none of `known`. */
  constructor(usual: Limits, byKey: Readonly<Record<string, Limits>>, known: readonly string[]) {
    const unknown = Object.keys(byKey).filter((key) => !known.includes(key));
    if (unknown.length > 0)
      throw new ConfigError(unknown.map((key) => `BRIDGE_KEY_LIMITS: there is no key ${key}`));
    this.#usual = usual;
    this.#byKey = byKey;
  }

  /** @throws ProblemError that names each limit that is above the key's. */
  of(key: string | undefined, asked: Limits): Limits {
    const most = (key !== undefined && this.#byKey[key]) || {};
    const faults = bounding.flatMap((limit) => {
      const [bound, value] = [most[limit], asked[limit]];
      return bound === undefined || value === undefined || value <= bound
        ? []
        : [{ field: `limits.${limit}`, rule: `must be at most ${bound} with this key` }];
    });
    if (faults.length > 0) throw badInput(faults);
    return { ...this.#usual, ...most, ...asked };
  }
}
