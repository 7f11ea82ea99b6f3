import type { SpeechUnderWay } from './avatar-media.ts';

/**
 * The text cut where its words begin to be said. The pieces carry their own spaces: joined with nothing in
 * between they are the text.
 */
export function piecesOf(text: string, words: SpeechUnderWay['segments']): SpeechUnderWay['segments'] {
  let from = 0;
  return words.map(({ text: word, atMs }, index) => {
    const found = text.indexOf(word, from);
    const end = index === words.length - 1 ? text.length : found < 0 ? from : found + word.length;
    const piece = text.slice(from, end);
    from = end;
    return { text: piece, atMs };
  });
}
