import type { Submission } from './vendor-door.ts';

/**
 * How often the worker that gives texts to the vendor changed, for the session in which it changed most. More often than
 * there were takeovers: two owners were at it at once.
 */
export function mostOwnerChanges(submissions: Submission[]): number {
  const owners = new Map<number, { worker: string; changes: number }>();
  for (const { session, worker } of submissions.toSorted((a, b) => a.at - b.at)) {
    const owner = owners.get(session);
    if (!owner) owners.set(session, { worker, changes: 0 });
    else if (owner.worker !== worker) owners.set(session, { worker, changes: owner.changes + 1 });
  }
  return Math.max(0, ...[...owners.values()].map(({ changes }) => changes));
}
