import { parseArgs } from 'node:util';
import { codecs } from './scene.ts';
import type { Codec } from './scene.ts';

export const help = `Usage: pnpm bench viewers [options]

Starts two livekit-servers, for each codec a speaking avatar (720p30 with voice) and a relay to a stage, and on each stage two viewers:
Chromium with livekit-client, and LiveKit's own Node SDK. Says every 10 s what they see, and at the end whether the picture was fluent
and whether picture and voice stayed together.

  --minutes N     how long (default 5)
  --codecs LIST   h264, vp8; all at the same time (default h264,vp8)
  --unsynced      stages without LiveKit's syncStreams: browsers play voice and picture each as soon as they can
  --json          the last line is {"viewers": […]}
  --help
`;

export type Settings = { windows: number; codecs: Codec[]; unsynced: boolean; json: boolean };

/** s */
export const WINDOW = 10;

/** `undefined`: help was asked for. */
export function readSettings(args: string[]): Settings | undefined {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '5' },
      codecs: { type: 'string', default: codecs.join(',') },
      unsynced: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes: ${values.minutes} is not a number above 0`);
  const chosen = values.codecs.split(',');
  const unknown = chosen.find((name) => !(codecs as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`There is no codec ${unknown}: ${codecs.join(', ')}`);
  return {
    windows: Math.max(1, Math.round((minutes * 60) / WINDOW)),
    codecs: chosen as Codec[],
    unsynced: values.unsynced,
    json: values.json,
  };
}
