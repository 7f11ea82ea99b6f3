import type { PooledVendorSession, VendorSessionRef } from '@avatar-bridge/session-store';

/** How many of a pool key there shall be, over all workers. */
export type Wanted = { key: string; count: number };

/** One that this worker keeps. `wornAt`, ms by now(): when too little of its time is left. */
export type Kept = { ref: VendorSessionRef; wornAt: number };

export type PoolFacts<K extends Kept = Kept> = {
  /** ms by now(). */
  at: number;
  /** This worker, as the list has it. */
  keeper: string;
  wanted: readonly Wanted[];
  /** All pooled vendor sessions of the account. */
  listed: readonly PooledVendorSession[];
  kept: readonly K[];
  /** Those that this worker is opening; without a `ref` until they are listed. */
  opening: readonly { key: string; ref?: VendorSessionRef }[];
  /** Those that this worker is stopping. */
  stopping: readonly VendorSessionRef[];
  /** No more of them are opened before. */
  openNotBefore: number;
};

export type Plan<K extends Kept = Kept> = {
  /** One more of each. */
  open: Wanted[];
  replace: K[];
  /** A session has them now, or the sweep. */
  letGo: K[];
  /** Listed as this worker's, which knows nothing of them any more. */
  stop: VendorSessionRef[];
};

/** Opened at a time by one worker: sessions ask the vendor, too. */
const mostOpening = 2;

/** What a worker has to do for the warm pool, by the list that all workers share. */
export function plan<K extends Kept>(facts: PoolFacts<K>): Plan<K> {
  const { at, keeper, kept, listed, opening, stopping } = facts;
  const mine = listed.filter(({ pool }) => pool.keeper === keeper);
  const isMine = nameIn(mine);
  const isKnown = nameIn([
    ...kept.map(({ ref }) => ref),
    ...opening.flatMap(({ ref }) => ref ?? []),
    ...stopping,
  ]);
  return {
    open: missing(facts),
    replace: kept.filter(({ ref, wornAt }) => isMine(ref) && wornAt <= at),
    letGo: kept.filter(({ ref }) => !isMine(ref)),
    stop: mine.filter((one) => !isKnown(one)),
  };
}

/**
 * Those that other workers are about to open are not listed yet: the account is asked again before one is
 * opened.
 */
function missing({ at, listed, opening, openNotBefore, wanted }: PoolFacts): Wanted[] {
  if (at < openNotBefore) return [];
  const isListed = nameIn(listed);
  const there = [
    ...listed.map(({ pool }) => pool.key),
    ...opening.filter(({ ref }) => !ref || !isListed(ref)).map(({ key }) => key),
  ];
  return wanted
    .flatMap((one) => {
      const count = one.count - there.filter((key) => key === one.key).length;
      return Array.from({ length: Math.max(0, count) }, () => one);
    })
    .slice(0, Math.max(0, mostOpening - opening.length));
}

type Name = Pick<VendorSessionRef, 'provider' | 'id'>;

function nameIn(refs: readonly Name[]): (ref: Name) => boolean {
  const names = new Set(refs.map(({ provider, id }) => `${provider} ${id}`));
  return ({ provider, id }) => names.has(`${provider} ${id}`);
}
