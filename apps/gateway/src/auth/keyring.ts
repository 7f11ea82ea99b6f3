import { hash, timingSafeEqual } from 'node:crypto';
import { ConfigError } from '@avatar-bridge/contracts';
import type { Secret } from '../secret.ts';
import type { Role } from './credential.ts';

type Entry = { role: Role; digest: Buffer };

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
        this.#entries.push({ role, digest });
      }
    }
  }

  /** The role of a key, or undefined when nobody knows it. Takes the same time for every key of one length. */
  roleOf(key: string): Role | undefined {
    const digest = digestOf(key);
    let role: Role | undefined;
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) role = entry.role;
    return role;
  }
}

function digestOf(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
