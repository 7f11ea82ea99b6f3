import { createHash } from 'node:crypto';

/**
 * A text that is the same for the same settings of a provider's vendor sessions, in whichever order; it tells
 * nothing of them.
 */
export function poolKey(provider: string, settings: object): string {
  const entries = Object.entries(flat(settings)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${provider}:${createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 24)}`;
}

/** The values that are set, by their paths. */
function flat(settings: object, path = ''): Record<string, unknown> {
  return Object.assign(
    {},
    ...Object.entries(settings).map(([name, value]: [string, unknown]) => {
      if (value === undefined || value === null) return {};
      return typeof value === 'object' ? flat(value, `${path}${name}.`) : { [path + name]: value };
    }),
  ) as Record<string, unknown>;
}
