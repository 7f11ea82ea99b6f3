import { hasSpeakableText } from '../speech-synthesizer.ts';

/** A piece of text that is made into sound at once, and the pause behind it. */
export type Part = { text: string; pauseMs: number };

/** Characters. The first part is short, so that its sound is there soon. */
const longest = { first: 80, further: 240 };
/** A first sentence up to this length is not cut: it is quickly made as it is. */
const quicklyMade = 50;
const shortest = 10;
const pauses = { sentence: 320, clause: 180, none: 20 };

/**
 * Cuts a text at sentences, the first of them and very long ones also at clauses. Parts without anything sayable are left
 * out.
 */
export function parts(text: string, language = 'en'): Part[] {
  const result: Part[] = [];
  for (const sentence of sentences(text, language)) {
    let rest = sentence;
    while (rest !== '') {
      const limit = result.length === 0 ? longest.first : longest.further;
      const end = result.length === 0 || rest.length > limit ? cut(rest, limit) : rest.length;
      const piece = rest.slice(0, end).trim();
      rest = rest.slice(end).trim();
      if (hasSpeakableText(piece)) result.push({ text: piece, pauseMs: pauseBehind(piece, rest === '') });
    }
  }
  return result;
}

/** An abbreviation's dot ends no sentence: what follows a single letter or a short name is taken along. */
function sentences(text: string, language: string): string[] {
  const result: string[] = [];
  let open = '';
  for (const { segment } of segmenterFor(language).segment(text)) {
    open += segment;
    if (/(^|[\s.(])(\p{Lu}\p{L}{0,2}|\p{L})\.\s*$/u.test(open)) continue;
    result.push(open.trim());
    open = '';
  }
  result.push(open.trim());
  return result;
}

function segmenterFor(language: string): Intl.Segmenter {
  try {
    return new Intl.Segmenter(language, { granularity: 'sentence' });
  } catch {
    return new Intl.Segmenter('en', { granularity: 'sentence' });
  }
}

/** Where to cut a sentence: behind a clause within the limit, else between words, else at the limit. */
function cut(sentence: string, limit: number): number {
  if (sentence.length <= quicklyMade) return sentence.length;
  const clauses = [...sentence.matchAll(/[,;:–—](?=\s)|[，、；：]/g)].map(({ index }) => index + 1);
  const within = clauses.filter((end) => end >= shortest && end <= limit);
  const clause = limit === longest.first ? within[0] : within.at(-1);
  if (clause !== undefined) return clause;
  if (sentence.length <= limit) return sentence.length;
  const space = sentence.lastIndexOf(' ', limit);
  return space > 0 ? space : limit;
}

function pauseBehind(piece: string, endsSentence: boolean): number {
  if (endsSentence) return pauses.sentence;
  return /[\p{L}\p{N}]$/u.test(piece) ? pauses.none : pauses.clause;
}
