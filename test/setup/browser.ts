import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';
import { browserArguments } from './browser-arguments.ts';

/** A real Chromium that talks to nobody but this machine. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: inject('programs').chromium, args: browserArguments });
}
