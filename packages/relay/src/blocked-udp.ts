/** ms until a server that UDP did not reach is tried again, doubled each time up to the bound. */
const firstPause = 30_000;
const longestPause = 10 * 60_000;

type Reach = { relays: number; pause: number; until: number };

/**
 * Servers whose media does not get through by UDP: not every relay shall find that out anew, which takes 10 s.
 * A busy machine fails to join in time, too: while other relays reach a server by UDP, it is not blocked.
 * Times are monotonic ms.
 */
export class BlockedUdp {
  readonly #servers = new Map<string, Reach>();

  /** Whether to do without UDP. When a pause is over one relay tries again, and others wait for what it finds. */
  avoid(url: string, now: number): boolean {
    const reach = this.#servers.get(serverOf(url));
    if (reach === undefined || reach.pause === 0) return false;
    if (now < reach.until) return true;
    reach.until = now + firstPause;
    return false;
  }

  /** A relay reached it otherwise, and not by UDP. */
  missed(url: string, now: number): void {
    const reach = this.#reach(url);
    if (reach.relays > 0) return;
    reach.pause = Math.min(longestPause, reach.pause === 0 ? firstPause : 2 * reach.pause);
    reach.until = now + reach.pause;
  }

  /** A relay reaches it by UDP, until the function that is returned is called. */
  reached(url: string): () => void {
    const reach = this.#reach(url);
    reach.relays += 1;
    reach.pause = 0;
    return () => {
      reach.relays -= 1;
      if (reach.relays === 0 && reach.pause === 0) this.#servers.delete(serverOf(url));
    };
  }

  #reach(url: string): Reach {
    const server = serverOf(url);
    const reach = this.#servers.get(server) ?? { relays: 0, pause: 0, until: 0 };
    this.#servers.set(server, reach);
    return reach;
  }
}

function serverOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
