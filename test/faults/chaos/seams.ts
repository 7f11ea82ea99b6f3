import type { Said } from '../kit/ledger.ts';
import type { MediaGap } from '../kit/stage-watch.ts';
import { partsIn } from '../kit/texts.ts';
import type { FaultName } from './schedule.ts';

/** A fault as it happened. Times are epoch ms. */
export type Hit = { fault: FaultName; target: string; from: number; until: number };
export type Heal = {
  fault: FaultName;
  target: string;
  /** ms after the beginning of the run. */
  atMs: number;
  lastsMs: number;
  /** The longest that an avatar said nothing, its pauses included, of all sessions. */
  silenceMs: number;
  pictureGapMs: number;
  voiceGapMs: number;
  vendorSessionsOpened: number;
};

export type Records = {
  startedAt: number;
  endedAt: number;
  hits: Hit[];
  said: Said[];
  vendorSessionsOpenedAt: number[];
  /** Of each session. */
  gaps: ((from: number, to: number) => MediaGap)[];
};

/** ms after a fault was put right in which what happens is counted as its doing. */
const aftermathMs = 15_000;

/** What each fault did to those who watch. Faults that overlap share what they did. */
export function seams(records: Records): Heal[] {
  const silences = silencesOf(records.said, records.startedAt, records.endedAt);
  return records.hits.map((hit) => {
    const next = records.hits.find(({ from }) => from > hit.until);
    const to = Math.min(next?.from ?? records.endedAt, hit.until + aftermathMs);
    const within = (at: number): boolean => at >= hit.from && at <= to;
    const gaps = records.gaps.map((longest) => longest(hit.from, to));
    return {
      fault: hit.fault,
      target: hit.target,
      atMs: Math.round(hit.from - records.startedAt),
      lastsMs: Math.round(hit.until - hit.from),
      silenceMs: longest(
        silences
          .filter(({ from, to: end }) => from < to && end > hit.from)
          .map(({ from, to: end }) => end - from),
      ),
      pictureGapMs: longest(gaps.map(({ videoMs }) => videoMs)),
      voiceGapMs: longest(gaps.map(({ audioMs }) => audioMs)),
      vendorSessionsOpened: records.vendorSessionsOpenedAt.filter(within).length,
    };
  });
}

const longest = (values: number[]): number => Math.round(Math.max(0, ...values));

/** The pauses between a session's utterances. */
export function silencesOf(said: Said[], from: number, to: number): { from: number; to: number }[] {
  const spells = Map.groupBy(
    said.filter(({ startedAt }) => startedAt !== undefined),
    ({ text }) => partsIn(text)[0]?.session,
  );
  return [...spells].flatMap(([session, utterances]) => {
    if (session === undefined) return [];
    let silentSince = from;
    const silences: { from: number; to: number }[] = [];
    const ends = { startedAt: to, stoppedAt: to };
    for (const one of [...utterances.toSorted((a, b) => a.startedAt! - b.startedAt!), ends]) {
      const { startedAt = 0, stoppedAt = startedAt } = one;
      if (startedAt > silentSince) silences.push({ from: silentSince, to: startedAt });
      silentSince = Math.max(silentSince, stoppedAt);
    }
    return silences;
  });
}
