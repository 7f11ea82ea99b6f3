import { type Browser, chromium, type Page } from 'playwright-core';
import { inject } from 'vitest';
import { browserArguments } from './browser-arguments.ts';
import type { SdkEvent } from './vendor-sdk-page.ts';

/** Starts a browser in which `wss://127.0.0.1/` is the TLS listener at `tlsPort`: the SDK drops the port of basePath. */
export function launchForSdk(tlsPort: number): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? inject('programs').chromium,
    args: [
      ...browserArguments,
      `--host-resolver-rules=MAP 127.0.0.1:443 127.0.0.1:${tlsPort}`,
      '--ignore-certificate-errors',
    ],
  });
}

export type Application = {
  /** Where the page with the SDK is served. */
  pageUrl: string;
  /** The API that it speaks to, and a key that it takes. */
  basePath: string;
  key: string;
  transport: 'WEBSOCKET' | 'LIVEKIT';
  request?: object;
};

/** A page whose application has an avatar with a running picture, and the id of its session. */
export async function withAvatar(
  browser: Browser,
  { pageUrl, ...application }: Application,
): Promise<{ page: Page; sessionId: string }> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error('page:', error));
  await page.goto(pageUrl);
  const sessionId = await page.evaluate(async ({ key, basePath, transport, request }) => {
    // An application's server does this; here the browser shows that it may call with X-Api-Key, too.
    const answer = await fetch(`${basePath}/v1/streaming.create_token`, {
      method: 'POST',
      headers: { 'x-api-key': key },
    });
    const { data } = (await answer.json()) as { data: { token: string } };
    window.application = new window.Application(data.token, basePath);
    const session = await window.application.start({
      voiceChatTransport: window.VoiceChatTransport[transport],
      activityIdleTimeout: 120,
      ...request,
    });
    return session.session_id;
  }, application);
  await untilEvent(page, 'stream_ready');
  await page.waitForFunction(() => window.application.picture().frames > 30);
  return { page, sessionId };
}

export const events = (page: Page): Promise<SdkEvent[]> => page.evaluate(() => window.application.events);

export const taskOf = ({ detail }: SdkEvent): string | undefined =>
  typeof detail === 'object' ? detail?.task_id : undefined;

/** The first event of the type, and of the task if one is named. */
export async function untilEvent(page: Page, type: string, taskId?: string): Promise<SdkEvent> {
  const found = await page.waitForFunction(
    ({ type, taskId }) =>
      window.application.events.find(
        (event) =>
          event.type === type &&
          (!taskId || (typeof event.detail === 'object' && event.detail?.task_id === taskId)),
      ),
    { type, taskId },
    { timeout: 60_000 },
  );
  return (await found.jsonValue())!;
}
