import { endsInAbbreviation } from '../speech/abbreviations.ts';

/** A sentence that does not end is said in parts of about this length, characters. */
const longest = 400;

/** Puts pieces of text together to sentences; each comes out as soon as the next one begins. Markup is taken out. */
export async function* sentencesOf(
  pieces: AsyncIterable<string>,
  language: string | undefined,
): AsyncGenerator<string, void, undefined> {
  const segmenter = new Intl.Segmenter(language, { granularity: 'sentence' });
  let open = '';
  for await (const piece of pieces) {
    open += piece;
    for (let seam = firstSeam(open, segmenter); seam > 0; seam = firstSeam(open, segmenter)) {
      yield* spoken(open.slice(0, seam));
      open = open.slice(seam);
    }
  }
  yield* spoken(open);
}

/** Where the second sentence begins; 0 while the first may go on. */
function firstSeam(text: string, segmenter: Intl.Segmenter): number {
  let held = '';
  for (const { segment, index } of segmenter.segment(text)) {
    if (index > 0 && !endsInAbbreviation(held.trimEnd())) return index;
    held += segment;
  }
  if (text.length <= longest) return 0;
  return text.lastIndexOf(' ', longest) + 1 || longest;
}

function* spoken(text: string): Generator<string, void, undefined> {
  const plain = text
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/^\s*(#+|[-*•]|\d+\.)\s+/gm, '')
    .replaceAll(/(?<![\p{L}\p{N}])[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}(?![\p{L}\p{N}])/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (plain !== '') yield plain;
}
