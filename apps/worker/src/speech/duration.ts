/** Letters of scripts in which one character is about a syllable or a word. */
const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const pause = /[.,;:!?…。、！？，।]/u;

/** ms. A voice's own start and end count, too. */
const start = 300;
const perWideLetter = 160;
const perLetter = 56;
const perDigit = 300;
const perPause = 200;

/**
 * About how long it takes to say a text, ms. A guess for watchdogs and for the size of utterances: right
 * within a factor of two.
 *
 * @param rate the voice's speed, 1 is normal
 */
export function expectedDuration(text: string, rate = 1): number {
  let duration = 0;
  for (const character of text) {
    if (wide.test(character)) duration += perWideLetter;
    else if (/\p{N}/u.test(character)) duration += perDigit;
    else if (/[\p{L}\p{M}\s]/u.test(character)) duration += perLetter;
    else if (pause.test(character)) duration += perPause;
  }
  return duration === 0 ? 0 : Math.round((start + duration) / rate);
}
