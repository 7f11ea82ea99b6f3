import type { MessageMode } from '@avatar-bridge/contracts';
import type { Utterance } from '@avatar-bridge/session-store';
import { hasSpeakableText } from '@avatar-bridge/speech';
import { expectedDuration } from './duration.ts';
import { utterances } from './utterances.ts';

/**
 * Characters of a text that are no white space, from and up to but without: they outlast any splitting and
 * trimming.
 */
export type Span = readonly [from: number, to: number];

/** An utterance of a message before it is given to anybody. */
export type PieceText = {
  /** Names it in the records of its message; of two that overlap the one with the greater index counts. */
  index: number;
  text: string;
  span: Span;
  /**
   * How long it should take to say, ms: right within some 30 %, but for an answer to `talk`, of which nothing
   * is known.
   */
  expected: number;
};

export type SplitOptions = {
  mode: MessageMode;
  /** Characters of one utterance. */
  maxLength: number;
  language?: string | undefined;
  /** The voice's speed, 1 is normal. */
  rate?: number | undefined;
};

/** ms that an answer to `talk` may take. */
const answerDuration = 30_000;

/**
 * Splits a message, or what is left of it behind `from`, into utterances; their indexes begin with `index`.
 * Those without a letter or digit, which would be waited for in vain, are left out, unless the whole message
 * is one of them.
 */
export function split(
  text: string,
  options: SplitOptions,
  { from, index }: { from: number; index: number } = { from: 0, index: 0 },
): PieceText[] {
  const { mode, maxLength, language, rate } = options;
  const rest = from === 0 ? text : textOf(text, [from, Number.POSITIVE_INFINITY]);
  if (rest === '') return [];
  let at = from;
  const pieces = utterances(rest, { mode, maxLength, ...(language && { language }) }).map((piece, count) => {
    const span: Span = [at, at + solidLength(piece)];
    at = span[1];
    const expected = mode === 'talk' ? answerDuration : expectedDuration(piece, rate);
    return { index: index + count, text: piece, span, expected };
  });
  if (mode === 'talk' || !hasSpeakableText(text)) return pieces;
  return pieces.filter((piece) => hasSpeakableText(piece.text));
}

/**
 * The utterances of a message that a former owner began: those it wrote down as it had split them, whatever
 * this worker would make of the text, and the rest split anew.
 */
export function splitInherited(
  text: string,
  records: readonly Utterance[],
  options: SplitOptions,
): (PieceText & { record?: Utterance })[] {
  const begun: (PieceText & { record: Utterance })[] = [];
  for (const record of records) {
    const { index, span } = record;
    if (!span) continue;
    while ((begun.at(-1)?.span[1] ?? 0) > span[0]) begun.pop();
    const gap = textOf(text, [begun.at(-1)?.span[1] ?? 0, span[0]]);
    if (hasSpeakableText(gap)) break;
    const piece = textOf(text, span);
    const expected = options.mode === 'talk' ? answerDuration : expectedDuration(piece, options.rate);
    begun.push({ index, text: piece, span, expected, record });
  }
  const from = begun.at(-1)?.span[1] ?? 0;
  const index = Math.max(-1, ...records.map((record) => record.index)) + 1;
  return [...begun, ...split(text, options, { from, index })];
}

/** The part of a text that a span names, without white space around it. */
export function textOf(text: string, [from, to]: Span): string {
  let solid = 0;
  let start: number | undefined;
  let end = 0;
  for (let at = 0; at < text.length && solid < to; at++) {
    if (/\s/.test(text.charAt(at))) continue;
    if (solid >= from) {
      start ??= at;
      end = at + 1;
    }
    solid += 1;
  }
  return start === undefined ? '' : text.slice(start, end).replaceAll(/\s+/gu, ' ');
}

/** Characters that are no white space. */
export function solidLength(text: string): number {
  return text.replaceAll(/\s+/gu, '').length;
}
