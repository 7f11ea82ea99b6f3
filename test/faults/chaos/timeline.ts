import type { Gap } from '../kit/gaps.ts';
import type { Said } from '../kit/ledger.ts';
import { partsIn } from '../kit/texts.ts';
import { faults, type Plane } from './schedule.ts';
import type { Hit } from './seams.ts';

export type TimelineOptions = {
  title: string;
  footer: string;
  startedAt: number;
  endedAt: number;
  hits: Hit[];
  /** By session: when its stage had no picture. */
  pictureGaps: Gap[][];
  said: Said[];
};

const planes: Plane[] = ['worker', 'gateway', 'relay', 'redis', 'stage', 'vendor-livekit', 'vendor'];
const color = {
  fault: '#c07a12',
  whole: '#3f63d8',
  cut: '#9b4fb0',
  gap: '#b3261e',
  line: '#c9d2e3',
  faint: '#5a6780',
};
const size = { left: 130, plot: 1_230, lane: 22, top: 92 };

/** Faults above, what each avatar said and when its picture was missing below, on one axis of time. */
export function drawTimeline(options: TimelineOptions): string {
  const { startedAt, endedAt, hits, pictureGaps, said } = options;
  const x = (at: number): number =>
    size.left +
    (size.plot * (Math.min(Math.max(at, startedAt), endedAt) - startedAt)) / (endedAt - startedAt);
  const laneTop = (lane: number): number => size.top + lane * size.lane;
  const bar = (
    lane: number,
    span: { from: number; to: number },
    fill: string,
    title: string,
    part = 1,
  ): string => {
    const width = Math.max(1, x(span.to) - x(span.from));
    const height = (size.lane - 6) * part;
    return (
      `<rect x="${x(span.from).toFixed(1)}" y="${(laneTop(lane) + size.lane - 3 - height).toFixed(1)}" ` +
      `width="${width.toFixed(1)}" height="${height}" fill="${fill}"><title>${escape(title)}</title></rect>`
    );
  };
  const sessions = pictureGaps.length;
  const height = laneTop(planes.length + sessions) + 60;
  const names = [...planes, ...pictureGaps.map((_, session) => `session ${session}`)];
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.left + size.plot + 30} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif" font-size="13" fill="#172033">`,
    `<rect width="${size.left + size.plot + 30}" height="${height}" fill="#fff"/>`,
    `<text x="20" y="32" font-size="18" font-weight="650">${escape(options.title)}</text>`,
    legend(),
    ...names.map((name, lane) => `<text x="20" y="${laneTop(lane) + 16}">${name}</text>`),
    ...ticks(endedAt - startedAt).map(
      (ms) =>
        `<path d="M${x(startedAt + ms).toFixed(1)} ${size.top}V${laneTop(names.length)}" stroke="${color.line}"/>` +
        `<text x="${x(startedAt + ms).toFixed(1)}" y="${laneTop(names.length) + 18}" text-anchor="middle" fill="${color.faint}">${clock(ms)}</text>`,
    ),
    ...hits.map((hit) =>
      bar(
        planes.indexOf(faults[hit.fault].plane),
        { from: hit.from, to: hit.until },
        color.fault,
        `${hit.fault}: ${hit.target}, ${seconds(hit.until - hit.from)}`,
      ),
    ),
    ...said.flatMap(({ text, startedAt: from, stoppedAt, interruptedAt }) => {
      const { session, message, part } = partsIn(text)[0] ?? {};
      if (session === undefined || from === undefined) return [];
      const whole = stoppedAt !== undefined && interruptedAt === undefined;
      const title = `message ${message} part ${part}${whole ? '' : ', cut'}`;
      const span = { from, to: stoppedAt ?? interruptedAt ?? from };
      return [bar(planes.length + session, span, whole ? color.whole : color.cut, title)];
    }),
    ...pictureGaps.flatMap((gaps, session) =>
      gaps
        .filter(({ ms }) => ms >= 200)
        .map((gap) =>
          bar(planes.length + session, gap, color.gap, `no picture for ${seconds(gap.ms)}`, 0.35),
        ),
    ),
    `<text x="20" y="${height - 14}" font-size="12" fill="${color.faint}">${escape(options.footer)}</text>`,
    '</svg>\n',
  ].join('\n');
}

function legend(): string {
  const entries = [
    ['fault', color.fault],
    ['said to its end', color.whole],
    ['cut', color.cut],
    ['no picture', color.gap],
  ];
  return entries
    .map(
      ([name, fill], index) =>
        `<rect x="${20 + index * 150}" y="50" width="14" height="14" rx="3" fill="${fill}"/>` +
        `<text x="${40 + index * 150}" y="62">${name}</text>`,
    )
    .join('');
}

function ticks(durationMs: number): number[] {
  const step = [10_000, 30_000, 60_000, 300_000].find((ms) => durationMs / ms <= 14) ?? 600_000;
  return Array.from({ length: Math.floor(durationMs / step) + 1 }, (_, index) => index * step);
}

const clock = (ms: number): string =>
  `${Math.floor(ms / 60_000)}:${String(Math.round(ms / 1_000) % 60).padStart(2, '0')}`;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
