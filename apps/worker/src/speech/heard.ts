import { expectedDuration } from './duration.ts';
import { solidLength, textOf } from './pieces.ts';
import type { Piece, Speech } from './speech.ts';

const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * What was heard of a message that is cut off at `at` (epoch ms): the utterances that were said, and of the
 * one that is being spoken as much as its time allows, to the end of a word; of an answer to `talk` what
 * `captionOf` knows. Empty when nothing was heard.
 */
export function heardText(
  { message, pieces }: Speech,
  at: number,
  captionOf: (taskId: string) => string | undefined,
): string {
  if (message.mode === 'talk') return answerHeard(pieces[0], captionOf);
  let end = 0;
  for (const piece of pieces) {
    if (piece.state.name === 'done') {
      end = piece.span[1];
      continue;
    }
    const begun = partHeard(piece, at);
    if (begun !== '') end = piece.span[0] + solidLength(begun);
    break;
  }
  return textOf(message.text, [0, end]);
}

function partHeard({ expected, state, text }: Piece, at: number): string {
  if (state.name !== 'speaking' || expected === 0) return '';
  const part = (at - state.since) / expected;
  if (part >= 1) return text;
  const heardMs = part * expectedDuration(text);
  let end = 0;
  for (const { segment, index, isWordLike } of words.segment(text)) {
    if (!isWordLike) continue;
    const to = index + segment.length;
    if (expectedDuration(text.slice(0, to)) > heardMs) break;
    end = to;
  }
  return text.slice(0, end);
}

function answerHeard(question: Piece | undefined, captionOf: (taskId: string) => string | undefined): string {
  if (question?.state.name !== 'speaking' || question.state.taskId === undefined) return '';
  return captionOf(question.state.taskId) ?? '';
}

/**
 * Whether a task with this caption can be an utterance; false only for what is certainly something else, such as
 * an opening. A caption may have numbers as words, and says nothing of what an answer to `talk` will be.
 */
export function mayBe({ speech, text }: Piece, caption: string | undefined): boolean {
  if (caption === undefined || speech.message.mode === 'talk') return true;
  const [said, meant] = [letters(caption), letters(text)];
  const common = Math.min(said.length, meant.length);
  return /\p{N}/u.test(text) || said.slice(0, common) === meant.slice(0, common);
}

function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}]/gu, '');
}
