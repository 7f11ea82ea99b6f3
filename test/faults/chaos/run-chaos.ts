import { setTimeout as sleep } from 'node:timers/promises';
import { Cast } from '../kit/cast.ts';
import type { Finding, Ledger } from '../kit/ledger.ts';
import { now, sleepUntil } from '../kit/now.ts';
import { FaultStack } from '../kit/stack.ts';
import { planChaos, type ScheduleOptions, type Step } from './schedule.ts';
import { type Heal, type Hit, seams } from './seams.ts';
import { strikes, type Struck } from './strikes.ts';
import { drawTimeline } from './timeline.ts';

export type ChaosOptions = ScheduleOptions & {
  provider: string;
  vendorStartMs?: number;
  /** Keeps the processes' logs there. */
  logs?: string;
  /** What the picture says of itself. */
  footer?: string;
  say: (line: string) => void;
};

export type ChaosResult = {
  ledger: Ledger & { leakedVendorSessions: number; leakedRooms: number };
  findings: Finding[];
  /** Everything that was accepted came to an end in time. */
  settled: boolean;
  /** Sessions that ended though nobody asked for it, with what they say of it. */
  ended: string[];
  heals: Heal[];
  passed: boolean;
  timeline: string;
};

/** Sessions that speak while the schedule's faults happen; then peace, and the accounts. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { provider, seed, sessions, say } = options;
  const schedule = planChaos(options);
  await using stack = await FaultStack.start({
    workers: 2,
    gateways: 2,
    slots: 20,
    vendorStartMs: options.vendorStartMs,
    logs: options.logs,
  });
  const cast = await Cast.open(stack, { provider, sessions });
  try {
    await cast.talk();
    const startedAt = now();
    const [hits] = await Promise.all([
      strike({ stack, cast, steps: schedule.steps, startedAt, say }),
      ...schedule.interrupts.map(async ({ atMs, session, kind }) => {
        await sleepUntil(startedAt + atMs);
        // Whether it was accepted, the chatbot knows.
        await cast.chatbots[session]?.interrupt(kind).catch(() => undefined);
      }),
      sleep(options.minutes * 60_000),
    ]);
    await stack.vendor.clearFaults();
    say('faults are over; what was accepted is said');
    const settled = await cast.settle(120_000);
    const endedAt = now();
    const { ledger, findings } = await cast.ledger();
    const ended = await endedByThemselves(cast, stack);
    const said = await cast.said();
    const vendorSessions = await stack.vendor.sessions();
    const watches = [...cast.watches].toSorted(([a], [b]) => a - b).map(([, watch]) => watch);
    const heals = seams({
      startedAt,
      endedAt,
      hits,
      said,
      vendorSessionsOpenedAt: vendorSessions.map(({ openedAt }) => openedAt),
      gaps: watches.map((watch) => (from, to) => watch.longest(from, to)),
    });
    const timeline = drawTimeline({
      title: `Chaos with seed ${seed}, ${provider}: ${hits.length} faults, ${ledger.accepted} messages`,
      footer: options.footer ?? '',
      startedAt,
      endedAt,
      hits,
      said,
      pictureGaps: watches.map((watch) => watch.video.between(startedAt, endedAt)),
    });
    const leaks = await cast.end();
    const all = { ...ledger, ...leaks };
    const passed =
      settled &&
      ended.length === 0 &&
      all.lost + all.doubled + all.swapped + all.leakedRooms + all.leakedVendorSessions === 0;
    return { ledger: all, findings, settled, ended, heals, passed, timeline };
  } finally {
    await cast.leave();
  }
}

type Striking = {
  stack: FaultStack;
  cast: Cast;
  steps: Step[];
  startedAt: number;
  say: (line: string) => void;
};

async function strike({ stack, cast, steps, startedAt, say }: Striking): Promise<Hit[]> {
  const arena = { stack, redisKilledAt: cast.redisKilledAt };
  const hits = await Promise.all(
    steps.map(async ({ fault, atMs, lastsMs, pick }): Promise<Hit[]> => {
      await sleepUntil(startedAt + atMs);
      const from = now();
      let struck: Struck;
      try {
        struck = await strikes[fault](arena, pick);
      } catch (error) {
        say(`${fault} could not be done: ${String(error)}`);
        return [];
      }
      say(`${fault}: ${struck.target}, for ${(lastsMs / 1_000).toFixed(1)} s`);
      await sleepUntil(from + lastsMs);
      await struck.heal();
      return [{ fault, target: struck.target, from, until: now() }];
    }),
  );
  return hits.flat();
}

async function endedByThemselves(cast: Cast, stack: FaultStack): Promise<string[]> {
  const sessions = await Promise.all(
    cast.chatbots.map(({ sessionId }) => stack.frontDoor.session(sessionId)),
  );
  return sessions.flatMap(({ id, state, end }) =>
    state === 'ended' ? [`${id}: ${end?.code}, ${end?.message}`] : [],
  );
}
