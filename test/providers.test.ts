import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { nothingLeftBehind, smallHeap } from './cases/hygiene.ts';
import { fiftyInOrder, fiveSessions, interrupt } from './cases/order.ts';
import { pageControls } from './cases/page.ts';
import { seenAndHeard } from './cases/seen-and-heard.ts';
import { talkAndRepeat } from './cases/talk.ts';
import { Bridge } from './setup/bridge.ts';
import { launchBrowser } from './setup/browser.ts';
import { CaseTable } from './setup/case-table.ts';
import {
  heygenByRtp,
  heygenByTranscode,
  liveAvatarFull,
  liveAvatarLite,
  nameOf,
  type Case,
  type ProviderUnderTest,
} from './setup/provider-under-test.ts';

const providers = [heygenByRtp, liveAvatarFull, liveAvatarLite];
const table = new CaseTable([...providers, heygenByTranscode].map(nameOf));
const bridges = new Map<ProviderUnderTest, Bridge>();
const talkTitle = 'talk is answered, repeat is said as it is';
let chromium: Browser;
const browser = (): Browser => chromium;

beforeAll(async () => {
  chromium = await launchBrowser();
  await Promise.all(
    [...providers, heygenByTranscode].map(async (subject) =>
      bridges.set(subject, await Bridge.start({ env: { worker: subject.workerEnv } })),
    ),
  );
});
afterAll(async () => {
  await chromium?.close();
  await Promise.all([...bridges.values()].map((bridge) => bridge[Symbol.asyncDispose]()));
  console.log(table.toString());
});

function runCase(
  title: string,
  subject: ProviderUnderTest,
  oneCase: Case,
  bridge = bridges.get(subject)!,
): Promise<void> {
  return table.cell(title, nameOf(subject), () => oneCase(bridge, subject));
}

// Their time is the time that speech takes, so the providers share it.
describe.concurrent('side by side', () => {
  const cases: [string, Case][] = [
    ['50 messages POSTed at once into one session are spoken in order', fiftyInOrder],
    ['5 sessions at the same time each keep their own order', fiveSessions],
    ['the vendor has an interrupt within 300 ms, and what was waiting is not said', interrupt],
    [talkTitle, talkAndRepeat],
  ];
  for (const [title, oneCase] of cases)
    for (const subject of providers)
      test(`${nameOf(subject)}: ${title}`, () => runCase(title, subject, oneCase));
});

describe('one at a time', () => {
  for (const subject of [...providers, heygenByTranscode]) {
    for (const videoEncoding of subject.videoEncodings) {
      const title = `a POSTed message is seen and heard in the team’s own room (${videoEncoding})`;
      test(`${nameOf(subject)}: ${title}`, () =>
        runCase(title, subject, seenAndHeard(browser, videoEncoding)));
    }
    const title = 'the page speaks, interrupts, closes and starts again';
    test(`${nameOf(subject)}: ${title}`, () => runCase(title, subject, pageControls(browser)));
  }

  test(`${nameOf(heygenByTranscode)}: ${talkTitle}`, () =>
    runCase(talkTitle, heygenByTranscode, talkAndRepeat));

  for (const subject of providers) {
    const title = '50 sessions created, spoken to and deleted leave nothing behind';
    test(`${nameOf(subject)}: ${title}`, async () => {
      const env = { worker: { ...subject.workerEnv, ...smallHeap } };
      await using bridge = await Bridge.start({ slots: 10, env });
      await runCase(title, subject, nothingLeftBehind, bridge);
    });
  }
});
