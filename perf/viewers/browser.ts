import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { chromium as installedChromium } from '../../scripts/install/chromium.ts';
import { browserArguments } from '../../test/setup/browser-arguments.ts';
import type { Ticket } from '../relay/rooms.ts';

/** The RTP timestamp of what was played last, and when, in ms. */
export type Played = { timestamp: number; at: number };

/** What Chromium says of one stage. Counted since it joined; delays in s. */
export type Look = {
  /** ms, on the page's clock. */
  at: number;
  /** Why it is no longer in the room. */
  ended: string | null;
  /** Since the last look, one a second. */
  played: { at: number; video: Played; audio: Played }[];
  framesDecoded: number;
  framesDropped: number;
  freezeCount: number;
  totalFreezesDuration: number;
  packetsLost: number;
  jitterBufferDelay: number;
  jitterBufferEmittedCount: number;
};

/** A Chromium with one page, on which livekit-client watches any number of stages. */
export class BrowserViewers implements AsyncDisposable {
  static async open(): Promise<BrowserViewers> {
    const server = await servePage();
    try {
      const browser = await chromium.launch({
        executablePath: await installedChromium(),
        args: browserArguments,
        // Playwright would end this process, too, before the servers are stopped.
        handleSIGINT: false,
        handleSIGTERM: false,
      });
      try {
        const page = await browser.newPage();
        await page.goto(server.url);
        return new BrowserViewers(page, async () => {
          await browser.close();
          await server.close();
        });
      } catch (error) {
        await browser.close();
        throw error;
      }
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  readonly #page: Page;
  readonly #close: () => Promise<void>;

  private constructor(page: Page, close: () => Promise<void>) {
    this.#page = page;
    this.#close = close;
  }

  async join(name: string, { url, token }: Ticket): Promise<void> {
    await this.#page.evaluate(`join(${[name, url, token].map((text) => JSON.stringify(text)).join()})`);
  }

  look(name: string): Promise<Look> {
    return this.#page.evaluate(`look(${JSON.stringify(name)})`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

async function servePage(): Promise<{ url: string; close(): Promise<void> }> {
  const client = createRequire(join(import.meta.dirname, '../../apps/console/package.json')).resolve(
    'livekit-client',
  );
  const files: Record<string, { type: string; body: Buffer }> = {
    '/': { type: 'text/html', body: readFileSync(join(import.meta.dirname, 'page.html')) },
    '/livekit-client.js': { type: 'text/javascript', body: readFileSync(client) },
  };
  const server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    if (file === undefined) return response.writeHead(404).end();
    return response.setHeader('content-type', file.type).end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}
