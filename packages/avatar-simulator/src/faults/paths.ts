import { endpoints as v1 } from '@avatar-bridge/heygen-client';
import { endpoints as liveAvatar } from '@avatar-bridge/heygen-client/liveavatar';

/** The paths that faults can name; `{id}` stands for any one segment. */
export const faultPaths = [
  ...Object.values(v1),
  '/v2/voices',
  '/v2-alpha/interactive-avatar/session/{id}',
  ...Object.values(liveAvatar),
  `${liveAvatar.sessions}/{id}`,
  `${liveAvatar.sessions}/{id}/transcript`,
  `${liveAvatar.sessions}/{id}/events`,
  `${liveAvatar.avatars}/{id}`,
  `${liveAvatar.voices}/{id}`,
  `${liveAvatar.contexts}/{id}`,
  '/v1/ws/{id}',
  '*',
] as const;
export type FaultPath = (typeof faultPaths)[number];

/** Whether a request to `path` is one to `pattern`. A path that is a pattern of its own matches no other. */
export function matchesPath(pattern: FaultPath, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  if (!pattern.includes('{id}') || (faultPaths as readonly string[]).includes(path)) return false;
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) => segment === '{id}' || segment === given[index])
  );
}

/** Whether a path is v1's: both APIs have an error `unauthorized`, for example. */
export function isV1Path(path: string): boolean {
  return /^\/(?:v2\b|v1\/(?:ws\/)?streaming[./])/.test(path);
}
