/**
 * Whether a LiveKit token that was handed to us says that data may be published. It is not verified: the room
 * does that.
 */
export function canPublishData(token: string): boolean {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return (payload as { video?: { canPublishData?: unknown } }).video?.canPublishData === true;
  } catch {
    return false;
  }
}
