export type Word = { text: string; atMs: number };
export type Span = { startMs: number; endMs: number };

/**
 * When each word of a text is said, for a synthesizer that tells only when there is sound (`spans`, between pauses). The text's
 * clauses are matched to the spans where they are as many; within a clause, time goes by letters.
 */
export function timeWords(text: string, spans: readonly Span[]): Word[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0 || spans.length === 0) return [];
  const clauses: string[][] = [[]];
  for (const word of words) {
    clauses.at(-1)!.push(word);
    if (/[.,;:!?…][)"'”’]*$/.test(word)) clauses.push([]);
  }
  if (clauses.at(-1)!.length === 0) clauses.pop();
  if (clauses.length !== spans.length) return spread(words, spans);
  return clauses.flatMap((clause, index) => spread(clause, [spans[index]!]));
}

function spread(words: readonly string[], spans: readonly Span[]): Word[] {
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  const sounding = spans.reduce((sum, span) => sum + span.endMs - span.startMs, 0);
  let before = 0;
  return words.map((text) => {
    const atMs = Math.round(timeAfter((before / letters) * sounding, spans));
    before += text.length;
    return { text, atMs };
  });
}

/** The time when `sounding` ms of the spans are over. */
function timeAfter(sounding: number, spans: readonly Span[]): number {
  let left = sounding;
  for (const { startMs, endMs } of spans) {
    if (left < endMs - startMs) return startMs + left;
    left -= endMs - startMs;
  }
  return spans.at(-1)!.endMs;
}
