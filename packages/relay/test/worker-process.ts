import { createMediaRelay } from '../src/index.ts';
import type { RelayOptions } from '../src/index.ts';

/**
 * A worker of one relay: told what to relay over IPC, says the host's pid when it runs, and closes nothing by
 * itself.
 */
const media = createMediaRelay({ engine: 'rtp', hosts: 1, orphanGrace: Number(process.argv[2]) });
process.on('message', (options: RelayOptions) => {
  void media.start(options).then(() => process.send?.({ host: media.hosts[0]?.pid }));
});
