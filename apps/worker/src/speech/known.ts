import type { Utterance } from '@avatar-bridge/session-store';
import { now } from '../clock.ts';
import type { PieceText } from './pieces.ts';
import {
  type MessageCommand,
  type Piece,
  type PieceState,
  type Speech,
  speechOf,
  type Unspoken,
} from './speech.ts';
import type { Verdict } from './uncertain.ts';

/** What is known of a message that a former owner began. */
export type Known = {
  /** `record` is what the former owner wrote down of it. */
  pieces: (PieceText & {
    verdict: Verdict;
    record?: Pick<Utterance, 'state' | 'at' | 'taskId'> | undefined;
  })[];
  submittedAt?: number | undefined;
  speakingAt?: number | undefined;
};

/** How a message ends of which nobody knows whether it was said. */
export const uncertain: Unspoken = {
  state: 'failed',
  code: 'uncertain',
  reason: 'Its worker died while saying it, and what is uncertain is not said again (onUncertain: skip)',
};

/** The message, with the vendor holding what is adopted; `perhaps` is what it may hold, and since when. */
export function inheritedSpeech(
  message: MessageCommand,
  { pieces, submittedAt, speakingAt }: Known,
): { speech: Speech; perhaps: { piece: Piece; at: number } | undefined } {
  const speech = speechOf(
    message,
    pieces.map(({ verdict, record, ...piece }) => ({ ...piece, state: stateOf(verdict, record) })),
  );
  if (submittedAt !== undefined) speech.submittedAt = submittedAt;
  if (speakingAt !== undefined) speech.speakingAt = speakingAt;
  const index = pieces.findIndex(({ verdict, record }) => verdict === 'adopt' && !isTaken(record));
  const piece = speech.pieces[index];
  const record = pieces[index]?.record;
  return { speech, perhaps: piece && record && { piece, at: hereAndNow(record.at) } };
}

function stateOf(verdict: Verdict, record: Known['pieces'][number]['record']): PieceState {
  if (verdict === 'said' || verdict === 'skip') return { name: 'done' };
  if (verdict === 'say' || !isTaken(record)) return { name: 'waiting' };
  const { state, taskId } = record;
  const at = hereAndNow(record.at);
  return state === 'speaking'
    ? { name: 'speaking', at, taskId, since: at }
    : { name: 'submitted', at, taskId };
}

function isTaken(
  record: Known['pieces'][number]['record'],
): record is NonNullable<Known['pieces'][number]['record']> {
  return record?.state === 'submitted' || record?.state === 'speaking' || record?.state === 'spoken';
}

/** A time that another machine's clock told, by ours: it has passed, whatever that clock says. */
function hereAndNow(at: number): number {
  return now() - Math.max(0, Date.now() - at);
}
