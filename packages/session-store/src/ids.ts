import { createHash } from 'node:crypto';
import { uuidv7 } from 'uuidv7';

const fresh = (prefix: string) => `${prefix}_${uuidv7().replaceAll('-', '')}`;

export const newSessionId = () => fresh('ses');
export const newMessageId = () => fresh('msg');
export const newCommandId = () => fresh('cmd');

/** When an id was made, epoch ms: a UUIDv7 begins with it. */
export function idTime(id: string): number {
  return Number.parseInt(id.slice(4, 16), 16);
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** The time in a stream entry's id, epoch ms, by the clock of Redis. */
export function entryTime(entryId: string): number {
  return Number.parseInt(entryId, 10);
}

/** Orders stream entry ids. */
export function compareEntryIds(a: string, b: string): number {
  const [aTime, aCount] = a.split('-').map(Number) as [number, number];
  const [bTime, bCount] = b.split('-').map(Number) as [number, number];
  return aTime - bTime || aCount - bCount;
}
