import type { SessionId } from '@avatar-bridge/contracts';
import type { Connection } from './connection.ts';
import type { Keys } from './record/keys.ts';

/** How long a token is remembered after its last use, s. */
const tokenMemory = 86_400;
/** Sessions that one look for idle ones brings at most. */
const idleAtOnce = 100;

/** What gateways share about sessions that were opened through the v1 door. Throws StoreUnavailableError. */
export class V1DoorState {
  readonly #connection: Connection;
  readonly #keys: Keys;

  constructor(connection: Connection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  /** Binds a one-time token and the session that it opens to each other, for good; false when either has another one. */
  async bindToken(tokenId: string, sessionId: SessionId): Promise<boolean> {
    const { v1Token, v1Session } = this.#keys;
    const [token, session] = await Promise.all([
      this.#claim(v1Token(tokenId), sessionId),
      this.#claim(v1Session(sessionId), tokenId),
    ]);
    return token && session;
  }

  /** The session that a token is bound to, if it is. */
  async sessionOfToken(tokenId: string): Promise<SessionId | undefined> {
    const key = this.#keys.v1Token(tokenId);
    const found = await this.#connection.call((redis) => redis.getex(key, 'EX', tokenMemory));
    return found ?? undefined;
  }

  /** Sets when a session is idle unless something happens before, epoch ms. */
  async setIdleDeadline(sessionId: SessionId, at: number): Promise<void> {
    const { idleDeadlines } = this.#keys.account;
    await this.#connection.call((redis) => redis.zadd(idleDeadlines, at, sessionId));
  }

  /** Sessions whose deadline is over, the longest first. */
  async idle(now: number): Promise<SessionId[]> {
    const { idleDeadlines } = this.#keys.account;
    return this.#connection.call((redis) =>
      redis.zrangebyscore(idleDeadlines, '-inf', now, 'LIMIT', 0, idleAtOnce),
    );
  }

  /** The session has no deadline any more. */
  async forgetIdleDeadline(sessionId: SessionId): Promise<void> {
    const { idleDeadlines } = this.#keys.account;
    await this.#connection.call((redis) => redis.zrem(idleDeadlines, sessionId));
  }

  async #claim(key: string, value: string): Promise<boolean> {
    return this.#connection.call(
      async (redis) =>
        (await redis.set(key, value, 'EX', tokenMemory, 'NX')) === 'OK' || (await redis.get(key)) === value,
    );
  }
}
