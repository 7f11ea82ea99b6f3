import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testGateway, type TestGateway } from './support/gateway.ts';

let gateway: TestGateway;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'console-'));
  gateway = await testGateway({ BRIDGE_CONSOLE_DIR: directory, LIVEKIT_PUBLIC_URL: 'wss://live.example' });
});
afterAll(async () => {
  await gateway.close();
  await rm(directory, { recursive: true });
});

const open = (path: string) => gateway.call('GET', path, { key: null });

test('until the pages are built, the viewer page says what to do', async () => {
  const page = await open('/viewer/ses_1');
  expect(page.status).toBe(503);
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(page.text).toContain('pnpm build');
});

test('once they are built they are served, with hashed assets for ever and strict headers', async () => {
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), '<!doctype html><title>Viewer</title>');
  await writeFile(join(directory, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(directory, 'assets', 'index-abc.js'), `export const text = '${'x'.repeat(5_000)}';`);

  const page = await open('/viewer/ses_1');
  expect([page.status, page.text, page.headers.get('cache-control')]).toEqual([
    200,
    '<!doctype html><title>Viewer</title>',
    'no-cache',
  ]);
  const asset = await open('/assets/index-abc.js');
  expect(asset.status).toBe(200);
  expect(asset.text).toContain('xxxxx');
  expect(asset.headers.get('content-type')).toMatch(/javascript/);
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(asset.headers.get('content-encoding')).toBe('gzip');
  expect((await open('/favicon.svg')).headers.get('content-type')).toMatch(/^image\/svg\+xml/);

  for (const { headers } of [page, asset]) {
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("connect-src 'self' wss://live.example https://live.example;");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('permissions-policy')).toContain('camera=()');
  }
});

test('what is missing is not cached, and nothing outside of the pages is served', async () => {
  const missing = await open('/assets/index-gone.js');
  expect([missing.status, missing.headers.get('cache-control')]).toEqual([404, null]);
  for (const path of [
    '/assets/../index.html',
    '/assets/%2e%2e/index.html',
    '/assets/..%5c..%5cx',
    '/assets//etc/passwd',
  ]) {
    expect((await open(path)).status).toBe(404);
  }
});

test('the front page names the ways in', async () => {
  const page = await open('/');
  expect(page.status).toBe(200);
  for (const way of ['/openapi.json', '/operators', '/readyz']) expect(page.text).toContain(way);
});
