import type { Logger } from '@avatar-bridge/livekit-rtp';

/**
 * How long a join that is under way may go on when the relay ends. One that is cut off before the server's
 * first answer would leave a participant in the room until the server misses it, after 20 s; one that is
 * finished can be followed by a proper leave.
 */
const JOIN_PATIENCE = 2_000;
/** Leaving takes milliseconds; whatever keeps it longer shall not keep the caller. */
const LEAVE_TIMEOUT = 5_000;

type Joining = Promise<{ close(reason: string): Promise<void> }>;

/**
 * The rooms of one relay that are joined, or being joined, so that none of them is left with a participant in
 * it.
 */
export class JoinedRooms {
  readonly #lifetime = new AbortController();
  readonly #rooms = new Set<Joining>();

  /** Cuts joins off that take too long while the rooms are being left. */
  get signal(): AbortSignal {
    return this.#lifetime.signal;
  }

  add(room: Joining): void {
    this.#rooms.add(room);
  }

  /** Somebody else has left it. */
  delete(room: Joining): void {
    this.#rooms.delete(room);
  }

  /**
   * Leaves all of them; resolves when that is done, or has taken too long. `cause`: what joins that are cut
   * off reject with.
   */
  async leave(reason: string, cause: Error, logger: Logger): Promise<void> {
    const left = Promise.allSettled([...this.#rooms].map(async (room) => (await room).close(reason)));
    if (await settledWithin(left, JOIN_PATIENCE)) return;
    this.#lifetime.abort(cause);
    if (!(await settledWithin(left, LEAVE_TIMEOUT))) logger.warn({}, 'a room was not left in time');
  }
}

async function settledWithin(work: Promise<unknown>, timeout: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), timeout);
  const settled = await Promise.race([work.then(() => true), late.promise]);
  clearTimeout(timer);
  return settled;
}
