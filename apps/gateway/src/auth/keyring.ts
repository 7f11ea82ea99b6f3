import { hash, timingSafeEqual } from 'node:crypto';
import { ConfigError } from '@avatar-bridge/contracts';
import type { Secret } from '../secret.ts';
import type { Role } from './credential.ts';

/** Whose key it is. `key` names it to people; it is no secret, and the same in every gateway. */
export type KeyHolder = { role: Role; key: string };

type Entry = KeyHolder & { digest: Buffer };

/** The API keys and their roles. Keeps digests only. */
export class Keyring {
  readonly #entries: Entry[] = [];

  /** @throws ConfigError when a key has two roles. */
  constructor(keys: Record<Role, Secret[]>) {
    for (const role of ['chatbot', 'operator'] as const) {
      for (const key of keys[role]) {
        const digest = digestOf(key.reveal());
        if (this.#entries.some((other) => other.role !== role && other.digest.equals(digest))) {
          throw new ConfigError([
            'BRIDGE_OPERATOR_KEYS: must have no key in common with BRIDGE_CHATBOT_KEYS',
          ]);
        }
        this.#entries.push({ role, key: `key_${digest.toString('hex').slice(0, 12)}`, digest });
      }
    }
  }

  /** Undefined when nobody knows the key. Takes the same time for every key of one length. */
  holderOf(key: string): KeyHolder | undefined {
    const digest = digestOf(key);
    let holder: KeyHolder | undefined;
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) holder = entry;
    return holder && { role: holder.role, key: holder.key };
  }

  /** The names of all keys. */
  get names(): KeyHolder[] {
    return this.#entries.map(({ role, key }) => ({ role, key }));
  }
}

function digestOf(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
