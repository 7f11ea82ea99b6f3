/** What tells whose a participant is. */
type Owner = { identity: string; attributes: Readonly<Record<string, string>> };

/** The session's own participant: it says how the avatar is, and what happens. */
export const avatarIdentity = (sessionId: string): string => `avatar-${sessionId}`;

/**
 * The tracks of a session's avatar, whoever else is in the room: those of the session's own participant, and where it has
 * none, those that a vendor's participant publishes on its behalf (LiveKit's attribute `lk.publish_on_behalf`).
 */
export function avatarTracks<T extends { participant: Owner; publication: { kind: string } }>(
  tracks: T[],
  sessionId: string,
): { video: T | undefined; audio: T | undefined } {
  const identity = avatarIdentity(sessionId);
  const own = tracks.filter(({ participant }) => participant.identity === identity);
  const onBehalf = tracks.filter(
    ({ participant }) => participant.attributes['lk.publish_on_behalf'] === identity,
  );
  const first = (kind: string): T | undefined =>
    [...own, ...onBehalf].find(({ publication }) => publication.kind === kind);
  return { video: first('video'), audio: first('audio') };
}
