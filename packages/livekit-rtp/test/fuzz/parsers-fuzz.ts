// Gives the parsers of packets and messages inputs that are nearly right: `node parsers-fuzz.ts <seed>`.
import { feed, finish } from './feed.ts';
import { messageTargets } from './message-targets.ts';
import { packetTargets } from './packet-targets.ts';
import { Random } from './random.ts';

const random = new Random(Number(process.argv[2]));
finish(feed([...packetTargets(random), ...messageTargets(random)]));
