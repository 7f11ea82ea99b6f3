import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';

/** A real Chromium that talks to nobody but this machine. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: inject('programs').chromium,
    args: [
      '--no-sandbox',
      '--autoplay-policy=no-user-gesture-required',
      '--allow-loopback-in-peer-connection',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
    ],
  });
}
