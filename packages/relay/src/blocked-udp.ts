/** ms that a server is taken to be out of reach by UDP: networks do get mended. */
const REMEMBERED = 10 * 60_000;

/**
 * Servers whose media did not get through by UDP lately: not every relay shall find that out anew, which
 * takes 10 s. Times are monotonic ms.
 */
export class BlockedUdp {
  readonly #until = new Map<string, number>();

  add(url: string, now: number): void {
    this.#until.set(serverOf(url), now + REMEMBERED);
  }

  has(url: string, now: number): boolean {
    return now < (this.#until.get(serverOf(url)) ?? 0);
  }
}

function serverOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
