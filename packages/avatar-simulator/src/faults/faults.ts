import { randomUUID } from 'node:crypto';
import { bounds } from '../limits.ts';
import type { Fault, FaultOf } from './fault.ts';
import { matchesPath } from './paths.ts';

/** A fault that still has something to hit. `hits` counts what it hit. */
export type ActiveFault<F extends Fault = Fault> = { id: string; hits: number; fault: F };

/** What happens to the room messages of one task. */
export type EventPlan = { lose: ReadonlySet<string>; disorder: boolean };

type RequestFault = FaultOf<'refuse' | 'delay' | 'hang' | 'cut'>;

/**
 * The faults that were ordered, in the order in which they were. Each is forgotten when it has hit as often
 * as it should.
 */
export class Faults {
  readonly #active = new Map<string, ActiveFault>();
  #cleared = new AbortController();

  list(): ActiveFault[] {
    return [...this.#active.values()];
  }

  /** Fires when the faults are deleted: whatever hangs or stalls because of one is let go. */
  get cleared(): AbortSignal {
    return this.#cleared.signal;
  }

  /** Undefined when there are too many already. */
  add<F extends Fault>(fault: F): ActiveFault<F> | undefined {
    if (this.#active.size >= bounds.faults) return undefined;
    const active = { id: randomUUID(), hits: 0, fault };
    this.#active.set(active.id, active);
    return active;
  }

  remove(id: string): void {
    this.#active.delete(id);
  }

  clear(): void {
    this.#active.clear();
    this.#cleared.abort();
    this.#cleared = new AbortController();
  }

  /** Whether a request to this path may be hit at all: cheap, asked before a body is read. */
  concerns(path: string): boolean {
    for (const { fault } of this.#active.values())
      if ('path' in fault && matchesPath(fault.path, path)) return true;
    return false;
  }

  /** The first fault that hits this request. */
  takeForRequest(request: { path: string; sessionId?: string; taskMode?: string }): RequestFault | undefined {
    return this.#take(
      (fault): fault is RequestFault =>
        'path' in fault &&
        matchesPath(fault.path, request.path) &&
        (fault.sessionId === undefined || fault.sessionId === request.sessionId) &&
        (fault.taskMode === undefined || fault.taskMode === request.taskMode),
    );
  }

  /** Whether a session that starts now gets no tracks. */
  takeNoMedia(): boolean {
    return this.#take((fault): fault is FaultOf<'no-media'> => fault.kind === 'no-media') !== undefined;
  }

  /** What happens to the messages about a task that begins now. */
  takeForTask(sessionId: string): EventPlan {
    const here = (fault: { sessionId?: string }): boolean =>
      fault.sessionId === undefined || fault.sessionId === sessionId;
    const lose = this.#take(
      (fault): fault is FaultOf<'lose-events'> => fault.kind === 'lose-events' && here(fault),
    );
    const disorder = this.#take(
      (fault): fault is FaultOf<'disorder-events'> => fault.kind === 'disorder-events' && here(fault),
    );
    return { lose: new Set(lose?.events), disorder: disorder !== undefined };
  }

  #take<F extends Fault>(matches: (fault: Fault) => fault is F): F | undefined {
    for (const active of this.#active.values()) {
      const { fault } = active;
      if (!matches(fault)) continue;
      active.hits++;
      if (isUsedUp(active)) this.#active.delete(active.id);
      return fault;
    }
    return undefined;
  }
}

function isUsedUp({ fault, hits }: ActiveFault): boolean {
  return 'times' in fault && fault.times !== 'always' && hits >= fault.times;
}
