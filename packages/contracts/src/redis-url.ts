import { z } from 'zod';

type Address = { host: string; port: number };
type Access = { username?: string; password?: string; tls: boolean };

/** How a Redis is reached: at one address, by asking Sentinels who is primary, or as a Cluster, some nodes of which are named. */
export type RedisPlace =
  | { kind: 'single'; url: string }
  | ({ kind: 'sentinel'; addresses: Address[]; name: string } & Access)
  | ({ kind: 'cluster'; addresses: Address[] } & Access);

// Of several hosts `URL` knows nothing.
const several =
  /^(?<scheme>rediss?)\+(?<kind>sentinel|cluster):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^@/?#]+)(?:\/(?<name>[\w.-]+))?\/?$/;
const defaultPorts = { sentinel: 26_379, cluster: 6_379 };

/** @returns undefined if it is none of the forms that REDIS_URL may have */
export function parseRedisUrl(value: string): RedisPlace | undefined {
  const groups = several.exec(value)?.groups;
  if (!groups)
    return /^rediss?:\/\//.test(value) && URL.canParse(value) ? { kind: 'single', url: value } : undefined;
  const kind = groups['kind'] as 'sentinel' | 'cluster';
  const addresses: Address[] = [];
  for (const part of (groups['hosts'] ?? '').split(',')) {
    const [, host, port] = /^([\w.-]+|\[[\da-f:]+\])(?::(\d{1,5}))?$/i.exec(part) ?? [];
    if (!host) return undefined;
    addresses.push({
      host: host.replace(/^\[|\]$/g, ''),
      port: port ? Number(port) : defaultPorts[kind],
    });
  }
  const { user, password, name, scheme } = groups;
  try {
    const access: Access = {
      tls: scheme === 'rediss',
      ...(user && { username: decodeURIComponent(user) }),
      ...(password && { password: decodeURIComponent(password) }),
    };
    if (kind === 'cluster') return name ? undefined : { kind, addresses, ...access };
    return name ? { kind, addresses, name, ...access } : undefined;
  } catch {
    // Not percent-encoded as it should be.
    return undefined;
  }
}

/** What gateways and workers are told of their Redis. */
export const redisUrl = z.string('is needed').refine((value) => parseRedisUrl(value) !== undefined, {
  error:
    'must be redis://host:port, redis+sentinel://host:port,host:port/primary or redis+cluster://host:port,host:port; rediss with TLS',
});
