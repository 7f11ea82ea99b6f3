import { aptInstall, brewInstall, findProgram, MissingProgramError } from './cache.ts';

const places = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Finds a Chromium for the tests, or installs one. @throws MissingProgramError saying how to get it. */
export async function chromium(): Promise<string> {
  const configured = process.env['CHROMIUM_PATH'];
  if (configured) return configured;
  const find = (): string | undefined =>
    findProgram(['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'], places);
  const found = find();
  if (found) return found;
  if (
    (await aptInstall('Installing Chromium', ['chromium'])) ||
    (await brewInstall('Installing Chromium', 'chromium'))
  ) {
    const installed = find();
    if (installed) return installed;
  }
  throw new MissingProgramError(
    'Chromium',
    'The end-to-end tests need a real browser, and it could not be installed from here.',
    [
      'Debian, Ubuntu: sudo apt-get install chromium',
      'macOS: brew install chromium',
      'or set CHROMIUM_PATH to a Chromium or Chrome',
    ],
  );
}
