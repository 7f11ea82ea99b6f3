import {
  isNamed,
  knownProviders,
  type OfferedProvider,
  type OfferedProviders,
  type Problem,
  providerKind,
  requestedProviders,
  type Session,
  type SessionProvider,
  type SessionRequest,
} from '@avatar-bridge/contracts';

type Faults = NonNullable<Problem['errors']>;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * What is wrong with the providers of a request, given what the workers offer. A request that names no
 * provider is wrong only when none of the usual ones can serve it.
 */
export function providerFaults(request: SessionRequest, { offered, order }: OfferedProviders): Faults {
  const requested = requestedProviders(request);
  const fieldOf = (index: number) => (request.provider === undefined ? `providers.${index}` : 'provider');
  if (requested)
    return requested.flatMap((choice, index) => faultsOf(choice, fieldOf(index), request, offered));
  const usual = order.map((name) => faultsOf({ name }, 'providers', request, offered));
  return usual.every((faults) => faults.length > 0) ? usual.flat() : [];
}

/** Why no provider of this session can answer a `talk` message; undefined when one can. */
export function talkFault(
  { avatar, providers }: Pick<Session, 'avatar' | 'providers'>,
  { offered, order }: OfferedProviders,
): { field: string; rule: string } | undefined {
  const names = providers?.map(({ name }) => name) ?? order;
  const talking = offered.filter(
    (provider) => names.some((name) => isNamed(provider.name, name)) && provider.modes.includes('talk'),
  );
  if (talking.length === 0)
    return { field: 'mode', rule: `must be repeat: ${names.join(' and ')} can't answer a text` };
  const hasKnowledge = avatar.knowledgeBase !== undefined || avatar.knowledgeBaseId !== undefined;
  if (hasKnowledge || talking.some(({ talkNeedsKnowledge }) => !talkNeedsKnowledge)) return undefined;
  const rule = `must be repeat: ${names.join(' and ')} can answer only in a session with avatar.knowledgeBase or avatar.knowledgeBaseId`;
  return { field: 'mode', rule };
}

function faultsOf(
  choice: SessionProvider,
  field: string,
  request: SessionRequest,
  offered: readonly OfferedProvider[],
): Faults {
  const named = offered.filter(({ name }) => isNamed(name, choice.name));
  if (named.length === 0) return [{ field, rule: missing(choice.name, offered) }];
  const faults = named.map((provider) => faultsBy(provider, choice, field, request));
  return faults.find((found) => found.length === 0) ?? faults[0] ?? [];
}

function faultsBy(
  provider: OfferedProvider,
  choice: SessionProvider,
  field: string,
  request: SessionRequest,
): Faults {
  const [id, idField] =
    choice.avatarId === undefined ? [request.avatar.id, 'avatar.id'] : [choice.avatarId, `${field}.avatarId`];
  if (id === 'default') {
    const rule = `must be the UUID of an avatar: the workers have no LIVEAVATAR_AVATAR_ID for ${choice.name}`;
    return provider.defaultAvatar ? [] : [{ field: idField, rule }];
  }
  if (!provider.uuidAvatars || uuid.test(id)) return [];
  return [{ field: idField, rule: `must be a UUID or default: avatars of ${choice.name} have no other ids` }];
}

function missing(name: string, offered: readonly OfferedProvider[]): string {
  const names = offered.map((provider) => provider.name).join(', ') || 'none';
  const kind = providerKind(name);
  if (!Object.hasOwn(knownProviders, kind)) return `must be one of the workers' providers: ${names}`;
  const { needs } = knownProviders[kind as keyof typeof knownProviders];
  const how = needs === undefined ? 'name it in BRIDGE_PROVIDERS' : `set ${needs}`;
  return `must be one of the workers' providers (${names}); for ${name}, ${how} at the workers`;
}
