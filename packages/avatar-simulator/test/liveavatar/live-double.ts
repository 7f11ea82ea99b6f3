import { sandboxAvatarId } from '@avatar-bridge/heygen-client/liveavatar';
import { roomOf, type Answer, type Double } from '../double.ts';
import { TimedMedia } from '../timed-media.ts';

export const avatarId = '513fd1b7-7ef9-466d-9af2-344e51eeb833';
export { sandboxAvatarId };

type Minted = { session_id: string; session_token: string };
export type Started = {
  session_id: string;
  livekit_url: string;
  livekit_client_token: string;
  max_session_duration: number;
  ws_url?: string;
};

export const full = { mode: 'FULL', avatar_id: avatarId, avatar_persona: { language: 'en' } };
export const lite = { mode: 'LITE', avatar_id: avatarId };

/** The data of an answer in LiveAvatar's envelope. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what it expects
export function dataOf<T>({ status, body }: Answer): T {
  if (body['code'] !== 1_000) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body['data'] as T;
}

export async function mint(double: Double, request: object = full): Promise<Minted> {
  return dataOf<Minted>(await double.post('/v1/sessions/token', request));
}

/** A session that sessions/start answered. */
export async function start(double: Double, request: object = full): Promise<Started & { token: string }> {
  const { session_token: token } = await mint(double, request);
  const answer = await double.post('/v1/sessions/start', {}, { token });
  return { ...dataOf<Started>(answer), token };
}

/** A session whose avatar is up. */
export async function connect(
  double: Double,
  request: object = full,
): Promise<Started & { token: string; media: TimedMedia }> {
  const started = await start(double, request);
  await double.until(started.session_id, ({ state }) => state === 'connected');
  const media = TimedMedia.all.findLast((one) => roomOf(one.options.token) === started.session_id);
  if (!media) throw new Error('The session has no avatar');
  return { ...started, media };
}
