import { OfferedProviders } from '@avatar-bridge/contracts';

/** Reads one entry of the hash `providers`: when it was written, and what is offered. */
export function parseOffer(entry: string): OfferedProviders {
  return OfferedProviders.parse(JSON.parse(entry.slice(entry.indexOf(' ') + 1)));
}

/**
 * What several workers offer together. A provider that two of them describe differently (during a change of configuration) can do
 * what either of them says.
 */
export function union(offers: readonly OfferedProviders[]): OfferedProviders {
  const offered = new Map<string, OfferedProviders['offered'][number]>();
  for (const provider of offers.flatMap((offer) => offer.offered)) {
    const other = offered.get(provider.name);
    offered.set(
      provider.name,
      other
        ? {
            name: provider.name,
            modes: [...new Set([...other.modes, ...provider.modes])],
            talkNeedsKnowledge: other.talkNeedsKnowledge && provider.talkNeedsKnowledge,
            uuidAvatars: other.uuidAvatars && provider.uuidAvatars,
            defaultAvatar: other.defaultAvatar || provider.defaultAvatar,
          }
        : provider,
    );
  }
  return { offered: [...offered.values()], order: [...new Set(offers.flatMap(({ order }) => order))] };
}
