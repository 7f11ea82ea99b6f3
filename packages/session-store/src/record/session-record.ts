import {
  requestedProviders,
  type Session,
  type SessionId,
  type SessionLimits,
  usualLimits,
} from '@avatar-bridge/contracts';
import type { NewSession, SessionRecord, VendorSessionRef } from '../types.ts';

export type Fields = Readonly<Record<string, string>>;

export const vendorField = (ref: { provider: string; id: string }) => `vendor:${ref.provider}:${ref.id}`;

/** Fields and values in turn, as Redis gives them. */
export function pairs(flat: readonly string[]): Fields {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] as string] = flat[i + 1] as string;
  return fields;
}

/** What a new session's record begins with, besides what the script writes. */
export function requestFields(id: SessionId, request: NewSession): string[] {
  const providers = requestedProviders(request);
  const fields = {
    avatar: JSON.stringify(request.avatar),
    room: request.room ?? id,
    ...(request.dialect && { dialect: request.dialect }),
    ...(request.key && { key: request.key }),
    priority: request.priority,
    onUncertain: request.onUncertain,
    limits: JSON.stringify(limitsOf(request)),
    metadata: JSON.stringify(request.metadata),
    ...(providers && { providers: JSON.stringify(providers) }),
  };
  return Object.entries(fields).flat();
}

/** Those that are left out are the usual ones. */
export function limitsOf({ limits }: Pick<NewSession, 'limits'>): SessionLimits {
  return { ...usualLimits, ...limits };
}

export function toRecord(id: SessionId, fields: Fields): SessionRecord {
  const vendorSessions = Object.keys(fields)
    .filter((name) => name.startsWith('vendor:'))
    .map((name) => JSON.parse(fields[name] as string) as VendorSessionRef)
    .toSorted((a, b) => a.openedAt - b.openedAt);
  const newest = vendorSessions.findLast(({ givenUp }) => !givenUp);
  return {
    id,
    state: fields['state'] as Session['state'],
    priority: fields['priority'] as Session['priority'],
    avatar: JSON.parse(fields['avatar'] as string) as Session['avatar'],
    room: fields['room'] as string,
    ...(fields['key'] && { key: fields['key'] }),
    ...(fields['dialect'] && { dialect: fields['dialect'] as Session['dialect'] }),
    onUncertain: fields['onUncertain'] as Session['onUncertain'],
    limits: JSON.parse(fields['limits'] as string) as Session['limits'],
    metadata: JSON.parse(fields['metadata'] as string) as Session['metadata'],
    createdAt: Number(fields['createdAt']),
    ...(fields['liveAt'] && { liveAt: Number(fields['liveAt']) }),
    ...(fields['endedAt'] && { endedAt: Number(fields['endedAt']) }),
    ...(fields['end'] && { end: JSON.parse(fields['end']) as Session['end'] }),
    ...(fields['providers'] && { providers: JSON.parse(fields['providers']) as Session['providers'] }),
    ...(fields['provider'] && { provider: fields['provider'] }),
    ...(newest && { vendorSession: { provider: newest.provider, id: newest.id, openedAt: newest.openedAt } }),
    billableSeconds: billableSeconds(Number(fields['billedMs'] ?? 0), vendorSessions),
    pending: Number(fields['pending']),
    epoch: Number(fields['epoch']),
    cursor: fields['cursor'] as string,
    vendorSessions,
    ...(fields['worker'] && { worker: fields['worker'] }),
    ...(fields['stop'] && { stopRequested: JSON.parse(fields['stop']) as SessionRecord['stopRequested'] }),
  };
}

/** What those that were stopped add up to, and what the open ones have come to so far. */
function billableSeconds(billedMs: number, open: readonly VendorSessionRef[]): number {
  const at = Date.now();
  const openMs = open.reduce(
    (sum, { openedAt, ownedSince = openedAt }) => sum + Math.max(0, at - ownedSince),
    0,
  );
  return Math.round((billedMs + openMs) / 1_000);
}

/**
 * A queued session's place: how many are before it, and for how long it is likely to wait, if that is known.
 */
export type QueuePlace = { position: number; waitMs: number | undefined };

/** What everybody may see of a record. */
export function toSession(record: SessionRecord, place?: QueuePlace): Session {
  const { cursor: _, vendorSessions: __, worker: ___, stopRequested: ____, ...session } = record;
  if (!place) return session;
  return { ...session, position: place.position, ...waitSeconds(place.waitMs) };
}

/** An estimated wait as the API tells it, if there is one. */
export function waitSeconds(waitMs: number | undefined): { estimatedWaitSeconds?: number } {
  return waitMs === undefined ? {} : { estimatedWaitSeconds: Math.ceil(waitMs / 1_000) };
}
