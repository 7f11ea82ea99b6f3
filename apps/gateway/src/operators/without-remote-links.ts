import type { MiddlewareHandler } from 'hono';

const remoteLinks = /<link\b[^>]*\bhref="https?:[^>]*>/g;

/** Takes the links to other people's servers out of pages: the board asks one for fonts. */
export const withoutRemoteLinks: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.res.headers.get('content-type')?.startsWith('text/html')) return;
  const page = await c.res.text();
  c.res = new Response(page.replaceAll(remoteLinks, ''), { status: c.res.status, headers: c.res.headers });
};
