// pnpm bench <name> [options]: each bench is a module of its own and prints a table, and with --json one JSON
// object as its last line.
const benches: Record<
  string,
  { summary: string; load: () => Promise<{ run: (args: string[]) => Promise<void> }> }
> = {
  gateway: {
    summary: 'messages accepted a second beside a bare route, and events to many listeners',
    load: () => import('../apps/gateway/perf/gateway-bench.ts'),
  },
  lite: {
    summary: 'POST of a message to the first sound, and an interrupt to silence, with our own voice',
    load: () => import('./lite.ts'),
  },
  pool: {
    summary: 'POST of a session to "the avatar is on the stage", with and without a warm pool',
    load: () => import('./pool.ts'),
  },
  redis: {
    summary: 'what a session costs in Redis, by what is kept of it',
    load: () => import('../packages/session-store/perf/redis-bench.ts'),
  },
  relay: {
    summary: 'CPU, memory, loss and latency of relays between two LiveKit servers',
    load: () => import('./relay.ts'),
  },
  speech: {
    summary: 'POST of a message to "the vendor has the task", on an idle session',
    load: () => import('./speech.ts'),
  },
  viewers: {
    summary: 'how fluent picture and voice are for viewers behind relays',
    load: () => import('./viewers.ts'),
  },
};

const [name = '--help', ...args] = process.argv.slice(2);
const bench = benches[name];
if (bench) {
  await (await bench.load()).run(args);
} else {
  const list = Object.entries(benches).map(([key, { summary }]) => `  ${key.padEnd(10)}${summary}`);
  process.stdout.write(`Usage: pnpm bench <name> [--json] [--help]\n\n${list.join('\n')}\n`);
  process.exitCode = name === '--help' ? 0 : 2;
}
