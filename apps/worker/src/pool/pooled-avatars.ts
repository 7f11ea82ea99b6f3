import { ConfigError } from '@avatar-bridge/contracts';
import type { Providers } from '../providers/providers.ts';
import type { Wanted } from './plan.ts';
import type { PoolSetting } from './pool-settings.ts';

export type PooledAvatar = PoolSetting & Wanted;

/**
 * The avatars for which vendor sessions of the first provider are kept ready.
 *
 * @throws ConfigError when that provider's can't be, and for two entries that mean the same
 */
export function pooledAvatars(
  providers: Providers,
  settings: readonly PoolSetting[] = [],
): readonly PooledAvatar[] {
  const [name = ''] = providers.order;
  const provider = providers.get(name);
  const keys = new Set<string>();
  return settings.map(({ avatar, count }) => {
    const key = provider?.poolKey?.({ avatar });
    if (key === undefined)
      throw new ConfigError([
        `BRIDGE_WARM_POOL: no session of ${name}, the first in BRIDGE_PROVIDERS, can be kept ready`,
      ]);
    if (keys.has(key)) throw new ConfigError([`BRIDGE_WARM_POOL: has the avatar ${avatar.id} twice`]);
    keys.add(key);
    return { key, avatar, count };
  });
}
