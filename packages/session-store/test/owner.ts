import { openSessionStore } from '../src/index.ts';

/** A worker process that does nothing with its sessions but hold them. Tells its parent of each. */
const [redisUrl, account, lockDuration, stalledInterval] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
];
const store = await openSessionStore({ redisUrl, account });
store.leases({
  worker: `process-${process.pid}`,
  capacity: 10,
  lockDuration: Number(lockDuration),
  stalledInterval: Number(stalledInterval),
  async run(lease, signal) {
    const owner = await store.claim(lease.sessionId, {
      epoch: lease.epoch,
      worker: `process-${process.pid}`,
    });
    process.send?.({ sessionId: owner.id, epoch: owner.epoch });
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return 'released';
  },
});
process.on('disconnect', () => process.exit());
