import type { Logger } from './types.ts';

type Level = keyof Logger;

/** Logs at most once a second for each `kind`, so that an outage does not flood the log. */
export function rateLimited(
  logger: Logger | undefined,
): (level: Level, kind: string, details: object, text: string) => void {
  const last = new Map<string, number>();
  return (level, kind, details, text) => {
    const now = performance.now();
    if (now - (last.get(kind) ?? -Infinity) < 1_000) return;
    if (last.size > 100) last.clear();
    last.set(kind, now);
    logger?.[level](details, text);
  };
}
