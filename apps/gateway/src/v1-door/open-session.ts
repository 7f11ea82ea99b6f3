import { asUuid, type Session } from '@avatar-bridge/contracts';
import type { NewSessionRequest } from '@avatar-bridge/heygen-client';
import type { SessionStore } from '@avatar-bridge/session-store';
import type { Parts } from '../parts.ts';
import type { V1Credential } from './credentials.ts';
import { firstEvent, isOneOf } from './first-event.ts';
import { idleDeadline } from './idle-sweep.ts';
import { sessionRequestOf } from './new-session.ts';
import { failureOfEnd, V1Failure } from './v1-failure.ts';

/** ms that a session may wait for a slot before its caller is told that there is none. */
const slotBoundMs = 10_000;
/** ms that `streaming.start` waits for the avatar. */
const startBoundMs = 15_000;
/** ms that the client's token for the room holds; v1's hold as long. */
const roomTokenMs = 86_400_000;

/** `streaming.new`: opens a session and answers with what its client needs to join the stage. */
export async function openSession(
  { store, offers, viewerTokens, limits }: Parts,
  credential: V1Credential,
  request: NewSessionRequest,
  signal: AbortSignal,
): Promise<object> {
  const { session } = await store.createSession({
    ...sessionRequestOf(request, await offers.get()),
    dialect: 'heygen-v1',
    ...(credential.key && { key: credential.key }),
    // To its client a session that is parked would be broken.
    limits: { ...limits.of(credential.key, {}), whenUnused: 'end' },
  });
  const { id, room } = session;
  const giveUp = async (failure: V1Failure): Promise<never> => {
    await store.stopSession(id, failure.message);
    throw failure;
  };
  if (credential.kind === 'token' && !(await store.v1Door.bindToken(credential.token.id, id)))
    return giveUp(V1Failure.of('unauthorized'));
  await store.v1Door.setIdleDeadline(id, idleDeadline(session));
  const waiting = AbortSignal.any([signal, AbortSignal.timeout(slotBoundMs)]);
  const begun = await firstEvent(
    store,
    id,
    { signal: waiting },
    isOneOf('session.starting', 'session.ended'),
  );
  if (begun?.type === 'session.ended') throw failureOfEnd(begun);
  // v1 has no queue; and nobody would ever hear of the session whose caller has gone.
  if (!begun) return giveUp(V1Failure.of('concurrencyLimit'));
  const access_token = await viewerTokens.issue({
    identity: 'client',
    room,
    ttl: roomTokenMs,
    maySendData: true,
  });
  return {
    session_id: asUuid(id),
    url: viewerTokens.url,
    access_token,
    livekit_agent_token: null,
    realtime_endpoint: null,
    sdp: null,
    ice_servers: null,
    ice_servers2: null,
    is_paid: true,
    session_duration_limit: roomTokenMs / 1_000,
  };
}

/**
 * Waits until the avatar is on the stage, for a while: it comes even if that is not long enough. Throws why
 * it will not come.
 */
export async function started(
  store: SessionStore,
  { id, liveAt }: Session,
  signal: AbortSignal,
): Promise<void> {
  if (liveAt !== undefined) return;
  const waiting = AbortSignal.any([signal, AbortSignal.timeout(startBoundMs)]);
  const outcome = await firstEvent(store, id, { signal: waiting }, isOneOf('session.live', 'session.ended'));
  if (outcome?.type === 'session.ended') throw failureOfEnd(outcome);
}
