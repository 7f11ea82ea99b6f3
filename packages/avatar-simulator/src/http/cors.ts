import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';

/** Lets pages of this machine call the double from a browser, as the vendor lets any page. */
export function loopbackCors(): MiddlewareHandler {
  return cors({
    origin: (origin) => (isLoopback(origin) ? origin : undefined),
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    allowHeaders: ['Authorization', 'Content-Type', 'Accept', 'X-Api-Key'],
    exposeHeaders: ['Retry-After'],
    // The vendor's LiveAvatar SDK sends credentials, which no wildcard origin allows.
    credentials: true,
    maxAge: 600,
  });
}

export function isLoopback(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { hostname } = new URL(origin);
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}
