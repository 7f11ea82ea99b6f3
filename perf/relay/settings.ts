import { parseArgs } from 'node:util';
import { engines } from './carriers.ts';
import type { Engine } from './carriers.ts';

export const help = `Usage: pnpm bench relay [options]

Starts two livekit-servers, a source in the vendor's room (720p30 H264 of about 2 Mbit/s, Opus) and relays in relay hosts,
each to a stage of its own, and measures the hosts' CPU and memory, and what subscribers of the source's room and of some stages see.
Needs Linux: the numbers come from /proc.

  --engines LIST        rtp, transcode (default rtp)
  --sessions LIST       relays at the same time (default 1,10,30)
  --seconds N           length of a window (default 15)
  --rounds N            runs of each, the engines taking turns (default 1)
  --hosts N             relay hosts at most (default: as a worker does)
  --sources N           vendor rooms with a source of their own, which send at different moments (default 1)
  --watch N             stages that are watched (default 3)
  --also [NAME:]COMMAND measures another relay as well. It gets N, SRC (the vendor's room), DST (stages are DST-0, DST-1 …),
                        {SRC,DST}_{URL,API_KEY,API_SECRET} in its environment, and writes a line READY when all relays are up
  --livekit-url URL --livekit-key KEY --livekit-secret SECRET
                        a server that runs already, used for both rooms
  --quiet PERCENT       before each run, waits up to 5 minutes until so much of the machine is idle
  --profile             shows where the first host's main thread spends its time, and which threads are busy
  --soak MINUTES        one run per engine and number of sessions, with a line every minute: memory, handles, delays
  --churn N             with --soak: N more relays that come and go meanwhile
  --save FILE           writes the runs with the command, the machine and the date; perf/chart.ts draws them
  --json                the last line is {"runs": […]}
  --help
`;

const options = {
  engines: { type: 'string', default: 'rtp' },
  sessions: { type: 'string', default: '1,10,30' },
  seconds: { type: 'string', default: '15' },
  rounds: { type: 'string', default: '1' },
  hosts: { type: 'string' },
  sources: { type: 'string', default: '1' },
  watch: { type: 'string', default: '3' },
  also: { type: 'string', multiple: true },
  'livekit-url': { type: 'string' },
  'livekit-key': { type: 'string', default: 'devkey' },
  'livekit-secret': { type: 'string', default: 'secret' },
  quiet: { type: 'string', default: '0' },
  profile: { type: 'boolean' },
  soak: { type: 'string' },
  churn: { type: 'string', default: '0' },
  save: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export type Settings = {
  engines: Engine[];
  sessions: number[];
  seconds: number;
  rounds: number;
  hosts: number | undefined;
  sources: number;
  watch: number;
  also: string[];
  server: { url: string; apiKey: string; apiSecret: string } | undefined;
  quiet: number;
  profile: boolean;
  soak: number | undefined;
  churn: number;
  json: boolean;
  save: string | undefined;
};

/** `undefined`: help was asked for. */
export function readSettings(args: string[]): Settings | undefined {
  const { values } = parseArgs({ args, options });
  if (values.help) return undefined;
  const chosen = values.engines.split(',').filter((name) => name !== '');
  const unknown = chosen.find((name) => !(engines as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`There is no engine ${unknown}: ${engines.join(', ')}`);
  const url = values['livekit-url'];
  return {
    engines: chosen as Engine[],
    sessions: values.sessions.split(',').map((text) => count(text, 'sessions')),
    seconds: count(values.seconds, 'seconds'),
    rounds: count(values.rounds, 'rounds'),
    hosts: values.hosts === undefined ? undefined : count(values.hosts, 'hosts'),
    sources: count(values.sources, 'sources'),
    watch: count(values.watch, 'watch'),
    also: values.also ?? [],
    server:
      url === undefined
        ? undefined
        : { url, apiKey: values['livekit-key'], apiSecret: values['livekit-secret'] },
    quiet: Number(values.quiet),
    profile: values.profile ?? false,
    soak: values.soak === undefined ? undefined : count(values.soak, 'soak'),
    churn: Number(values.churn),
    json: values.json ?? false,
    save: values.save,
  };
}

function count(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name}: ${text} is not a whole number above 0`);
  return value;
}
