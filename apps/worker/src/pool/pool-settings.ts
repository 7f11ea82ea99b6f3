import { AvatarSettings } from '@avatar-bridge/contracts';
import { z } from 'zod';

/** How many vendor sessions are kept ready for an avatar, over all workers. */
export const PoolSetting = z.strictObject({ avatar: AvatarSettings, count: z.int().min(1).max(1_000) });
export type PoolSetting = z.infer<typeof PoolSetting>;

const form = 'must be like default=2, or JSON like [{"avatar":{"id":"default","quality":"low"},"count":2}]';

/** `default=2, some-avatar=1`, or as JSON with more of the avatar's settings. */
export const PoolSettings = z.string().transform((text, context): PoolSetting[] => {
  const given = text.trimStart().startsWith('[') ? fromJson(text) : fromList(text);
  if (given === undefined) {
    context.addIssue(form);
    return z.NEVER;
  }
  const parsed = z.array(PoolSetting).min(1, 'is empty').safeParse(given);
  if (parsed.success) return parsed.data;
  for (const { message, path } of parsed.error.issues)
    context.addIssue(path.length > 0 ? `${path.join('.')}: ${message}` : message);
  return z.NEVER;
});

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fromList(text: string): unknown {
  const pairs = text.split(',').map((pair) => /^\s*([^\s=]+)\s*=\s*(\d{1,6})\s*$/.exec(pair));
  if (pairs.some((pair) => pair === null)) return undefined;
  return pairs.map((pair) => ({ avatar: { id: pair?.[1] }, count: Number(pair?.[2]) }));
}
