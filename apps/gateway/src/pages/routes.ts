import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { compress } from 'hono/compress';
import type { App, Parts } from '../parts.ts';
import { landingPage, notBuiltPage } from './static-pages.ts';
import { securityHeaders } from './security-headers.ts';

/** The web pages as they were built, and what `/` says. */
export function addPageRoutes(
  app: App,
  { consoleDir, viewerTokens }: Pick<Parts, 'consoleDir' | 'viewerTokens'>,
): void {
  const index = join(consoleDir, 'index.html');
  const headers = securityHeaders({ connect: bothSchemes(viewerTokens.url) });
  // Not by `root`, which complains when the pages are not built yet.
  const files = serveStatic({ rewriteRequestPath: (path) => join(consoleDir, path) });

  app.get('/', headers, (c) => c.html(landingPage));
  app.get('/viewer/:id', headers, async (c) => {
    if (!existsSync(index)) return c.html(notBuiltPage, 503, { 'retry-after': '60' });
    return c.html(await readFile(index, 'utf8'), 200, { 'cache-control': 'no-cache' });
  });
  app.get('/favicon.svg', headers, files);
  app.get('/assets/*', headers, compress(), async (c, next) => {
    const response = await files(c, next);
    // Their names hold a hash of what is in them.
    if (response?.ok) response.headers.set('cache-control', 'public, max-age=31536000, immutable');
    return response;
  });
}

/** LiveKit's client speaks WebSocket and HTTP to the same host. */
function bothSchemes(url: string): string[] {
  const { host, protocol } = new URL(url);
  const secure = protocol === 'wss:' || protocol === 'https:';
  return secure ? [`wss://${host}`, `https://${host}`] : [`ws://${host}`, `http://${host}`];
}
