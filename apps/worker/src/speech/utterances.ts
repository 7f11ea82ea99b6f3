import type { MessageMode } from '@avatar-bridge/contracts';
import { hasSpeakableText } from '@avatar-bridge/speech';
import { endsInAbbreviation } from './abbreviations.ts';
import { expectedDuration } from './duration.ts';

export type UtteranceOptions = {
  mode: MessageMode;
  /**
   * Characters the vendor takes at once, as JavaScript counts them, which is never less than the vendor may.
   */
  maxLength: number;
  /** A language tag; only changes where sentences end. */
  language?: string;
};

/**
 * Pieces that take less time than this to say, ms, are said together with the next: each piece costs the
 * vendor a start.
 */
const minDuration = 1_250;
/** Where a sentence that is too long is cut, best first. */
const cuts = [/[;:](?=\s)|[。；：]/gu, /,(?=\s)|[、，]|\s[–—-](?=\s)/gu, /\s+/gu];
const openingMarks = /[「『（《〈“«([{¿¡]+$/u;

/**
 * Splits a message into what the vendor is given at once: whole sentences where possible, in order, nothing
 * lost but white space at the seams. `talk` is a question to the vendor's LLM and is never split. At least
 * one utterance comes out.
 */
export function utterances(text: string, options: UtteranceOptions): string[] {
  if (options.mode === 'talk') return [text];
  const pieces = sentences(text, options.language).flatMap((sentence) =>
    withinLength(sentence, options.maxLength),
  );
  return merge(pieces, options.maxLength).map(tidy);
}

/** With the white space around them, so that what is joined again looks as it did. */
function sentences(text: string, language: string | undefined): string[] {
  const pieces: string[] = [];
  let held = '';
  for (const { segment } of new Intl.Segmenter(language, { granularity: 'sentence' }).segment(text)) {
    held += segment;
    const trimmed = held.trimEnd();
    if (endsInAbbreviation(trimmed)) continue;
    // an opening quote belongs to the sentence it opens, whatever the segmenter says
    const opening = openingMarks.exec(trimmed)?.index ?? held.length;
    if (held.slice(0, opening).trim() === '') continue;
    pieces.push(held.slice(0, opening));
    held = held.slice(opening);
  }
  if (held.trim() !== '') pieces.push(held);
  return pieces;
}

/** Joins neighbours until each is worth a start. */
function merge(pieces: string[], maxLength: number): string[] {
  const merged: string[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    const tooShort = last !== undefined && (worthNothing(last) || worthNothing(piece));
    if (tooShort && tidy(last + piece).length <= maxLength) merged[merged.length - 1] = last + piece;
    else merged.push(piece);
  }
  return merged;
}

function tidy(text: string): string {
  return text.trim().replaceAll(/\s+/gu, ' ');
}

function worthNothing(piece: string): boolean {
  return !hasSpeakableText(piece) || expectedDuration(piece) < minDuration;
}

function withinLength(sentence: string, maxLength: number): string[] {
  const pieces: string[] = [];
  let rest = sentence;
  while (tidy(rest).length > maxLength) {
    const at = cutBefore(rest, maxLength);
    pieces.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  pieces.push(rest);
  return pieces.filter((piece) => piece.trim() !== '');
}

function cutBefore(text: string, maxLength: number): number {
  const head = text.slice(0, maxLength + 1);
  for (const cut of cuts) {
    const ends = [...head.matchAll(cut)].map((match) => match.index + match[0].trimEnd().length);
    const end = ends.findLast((candidate) => candidate > maxLength / 4 && candidate <= maxLength);
    if (end !== undefined) return end;
  }
  // no seam at all: cut between two characters as people see them
  let at = 0;
  for (const { index, segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(head)) {
    if (index + segment.length > maxLength) break;
    at = index + segment.length;
  }
  return at || maxLength;
}
