import type { Phone } from '@avatar-bridge/speech';
import { mouths, type Mouth } from './face.ts';

/** ms between two entries of a mouth timeline. */
export const mouthStep = 10;

/** Lips move a little before they are heard. */
const anticipation = 30;

/** A pause longer than this lets the mouth come to rest; in a shorter one it only closes. */
const restingPause = 320;

const arpabet: Record<string, readonly Mouth[]> = {
  aa: ['open'],
  ae: ['open'],
  ah: ['mid'],
  ao: ['round'],
  aw: ['open', 'pucker'],
  ax: ['small'],
  axr: ['small'],
  ay: ['open', 'wide'],
  b: ['closed'],
  ch: ['teeth'],
  d: ['teeth'],
  dh: ['tongue'],
  eh: ['mid'],
  er: ['round'],
  ey: ['mid', 'wide'],
  f: ['lip'],
  g: ['small'],
  hh: ['small'],
  ih: ['wide'],
  iy: ['wide'],
  jh: ['teeth'],
  k: ['small'],
  l: ['tongue'],
  m: ['closed'],
  n: ['teeth'],
  ng: ['small'],
  ow: ['round', 'pucker'],
  oy: ['round', 'wide'],
  p: ['closed'],
  r: ['small'],
  s: ['teeth'],
  sh: ['pucker'],
  t: ['teeth'],
  th: ['tongue'],
  uh: ['pucker'],
  uw: ['pucker'],
  v: ['lip'],
  w: ['pucker'],
  y: ['wide'],
  z: ['teeth'],
  zh: ['pucker'],
};

const ipaLetters: readonly [string, Mouth][] = [
  ['aɑɐæɒ', 'open'],
  ['eɛʌɜ', 'mid'],
  ['iɪɨj', 'wide'],
  ['oɔɤ', 'round'],
  ['uʊyʏøœwɯʃʒɥ', 'pucker'],
  ['pbm', 'closed'],
  ['fvʋ', 'lip'],
  ['lθðɫʎɭ', 'tongue'],
  ['tdnszɾrɕʑɲʂʐ', 'teeth'],
  ['əkɡgxçŋhʁɣɹʔχɻcɟqɦ', 'small'],
];
const ipa = new Map(
  ipaLetters.flatMap(([letters, mouth]) => Array.from(letters, (letter) => [letter, mouth] as const)),
);

/** The mouths a sound goes through, in order; none for a pause. */
export function mouthsOf(symbol: string): readonly Mouth[] {
  if (symbol === '' || symbol === 'pau') return [];
  const known = arpabet[symbol];
  if (known) return known;
  const seen: Mouth[] = [];
  for (const letter of symbol) {
    const mouth = ipa.get(letter);
    if (mouth && seen.at(-1) !== mouth) seen.push(mouth);
  }
  return seen.length > 0 ? seen : ['small'];
}

/** For each 10 ms of the speech, the index in `mouths` of the mouth to show. */
export function mouthTimeline(phones: readonly Phone[], durationMs: number): Uint8Array {
  const timeline = new Uint8Array(Math.ceil(durationMs / mouthStep)).fill(mouths.indexOf('rest'));
  for (const { symbol, startMs, endMs } of phones) {
    const through = mouthsOf(symbol);
    const shown: readonly Mouth[] =
      through.length > 0 ? through : [endMs - startMs > restingPause ? 'rest' : 'closed'];
    for (const [index, mouth] of shown.entries()) {
      const share = (endMs - startMs) / shown.length;
      const from = Math.max(0, Math.round((startMs + index * share - anticipation) / mouthStep));
      const to = Math.max(0, Math.round((startMs + (index + 1) * share - anticipation) / mouthStep));
      timeline.fill(mouths.indexOf(mouth), from, to);
    }
  }
  return timeline;
}
