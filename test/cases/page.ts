import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import { type Case, talkative } from '../setup/provider-under-test.ts';

/** The page speaks, interrupts, closes and starts again, with buttons that are enabled only when they work. */
export const pageControls =
  (browser: () => Browser): Case =>
  async (bridge) => {
    const { id } = await bridge.createSession(talkative);
    const { link } = await bridge.viewer(id, ['say', 'interrupt', 'stop', 'restart']);
    const page = await browser().newPage();
    const button = (name: string) => page.locator(`#${name}Btn`);
    await page.goto(link);
    await page.locator('.pill.live').waitFor();
    expect(page.url()).not.toContain('ticket');
    expect(await button('start').isDisabled()).toBe(true);
    expect(await button('repeat').isDisabled()).toBe(true);
    await page.fill(
      '#taskInput',
      'I am being said from the page, and I am quite a long sentence, so that there is time to interrupt me.',
    );
    expect(await button('talk').isEnabled()).toBe(true);
    await button('repeat').click();
    await page.locator('.log li.active').waitFor();
    await button('interrupt').click();
    await page.getByText(/Message 1 interrupted/).waitFor();
    await button('close').click();
    await page.getByText('Session closed', { exact: true }).waitFor();
    expect(await button('close').isDisabled()).toBe(true);
    await button('start').click();
    await page.locator('.pill.live').waitFor();
    await page.fill('#taskInput', 'Hello again.');
    await button('talk').click();
    await page.getByText(/Message 1 spoken/).waitFor();
    await button('close').click();
    await page.getByText('Session closed', { exact: true }).waitFor();
    await page.close();
  };
