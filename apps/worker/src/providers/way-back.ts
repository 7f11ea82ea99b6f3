import type { VendorSessionRef } from '@avatar-bridge/session-store';
import type { Seal } from './seal.ts';

/** A vendor's room, and after how many ms the vendor ends the session in it, if it says so. */
export type VendorRoom = { url: string; accessToken: string; durationLimitMs: number | undefined };

/**
 * What a next owner needs to go on with a vendor session: its room, and the token that calls are made with.
 */
export type WayBack = VendorRoom & { token: string };

/** How it is written down with the vendor session, the tokens sealed: the vendor tells them once. */
export function writeWayBack(
  { url, accessToken, durationLimitMs, token }: WayBack,
  seal: Seal,
): NonNullable<VendorSessionRef['data']> {
  return {
    url,
    ...(durationLimitMs !== undefined && { durationLimitMs: String(durationLimitMs) }),
    sealed: seal.seal({ accessToken, token }),
  };
}

/** @returns undefined when nothing was written down, or another secret has sealed it */
export function readWayBack({ data }: VendorSessionRef, seal: Seal): WayBack | undefined {
  const { url, durationLimitMs, sealed } = data ?? {};
  const { accessToken, token } = (sealed !== undefined && seal.open(sealed)) || {};
  if (url === undefined || accessToken === undefined || token === undefined) return undefined;
  const limit = durationLimitMs === undefined ? undefined : Number(durationLimitMs);
  return { url, accessToken, durationLimitMs: limit, token };
}
