import { TerminalSpeechError } from '../errors.ts';

/** Without slashes at its end. */
export function checkedBaseUrl(url: string): string {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url) || new URL(url).search !== '')
    throw new TerminalSpeechError('bad-request', 'The base URL of a speech service is an http or https URL');
  return url.replace(/\/+$/, '');
}
