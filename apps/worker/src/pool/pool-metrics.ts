import { Counter, Gauge, type Registry } from 'prom-client';

/** What a worker tells of the warm pool: what it keeps itself, and what its sessions got. */
export function createPoolMetrics(registry: Registry) {
  const registers = [registry];
  const sessions = new Gauge({
    name: 'avatar_bridge_pool_sessions',
    help: 'Vendor sessions that this worker keeps ready, or is opening for that',
    labelNames: ['state'],
    registers,
  });
  const outcomes = new Counter({
    name: 'avatar_bridge_pool_asked_total',
    help: 'What sessions got from the warm pool: one to use, one that had died, or a slot for one of their own, for which one was stopped',
    labelNames: ['outcome'],
    registers,
  });
  const closed = new Counter({
    name: 'avatar_bridge_pool_closed_total',
    help: 'Vendor sessions that were kept ready for nobody: worn when too little of their time was left, lost, or drained with the worker',
    labelNames: ['reason'],
    registers,
  });
  return {
    keeps(opening: number, ready: number): void {
      sessions.set({ state: 'opening' }, opening);
      sessions.set({ state: 'ready' }, ready);
    },
    asked: (outcome: 'used' | 'dead' | 'slot') => outcomes.inc({ outcome }),
    closed: (reason: 'worn' | 'lost' | 'drained') => closed.inc({ reason }),
  };
}
