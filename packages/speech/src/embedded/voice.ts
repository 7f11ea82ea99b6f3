/** Which synthesizer says a text, and how. English has the better sounding one, which knows no other language. */
export type Voice =
  | { engine: 'flite'; name: string; pitch: number }
  | { engine: 'espeak'; name: string; pitch: number };

/** How much higher or lower than its recording a voice sounds. All are a woman's, as the face is. */
const pitches = [1, 1.12, 0.92, 1.06];
const espeakVariants = ['f2', 'f3', 'f4', 'f5'];

/**
 * The voice for a vendor's voice id: always the same for the same id; different ids mostly sound different. Without an id, the
 * default. `language` is a BCP 47 tag.
 */
export function voiceFor(voiceId: string | undefined, language = 'en'): Voice {
  const choice = voiceId === undefined ? 0 : hash(voiceId) % pitches.length;
  const primary = language.toLowerCase().split(/[-_]/)[0]!;
  if (primary === 'en' || primary === '') return { engine: 'flite', name: 'slt', pitch: pitches[choice]! };
  return { engine: 'espeak', name: `${espeakNames[primary] ?? primary}+${espeakVariants[choice]}`, pitch: 1 };
}

const espeakNames: Record<string, string> = { zh: 'cmn', no: 'nb', tl: 'en', iw: 'he' };

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
