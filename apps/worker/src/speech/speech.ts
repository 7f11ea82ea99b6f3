import type { MailboxCommand } from '@avatar-bridge/contracts';
import type { PieceText, Span } from './pieces.ts';

export type MessageCommand = Extract<MailboxCommand, { type: 'message' }>;

/**
 * What the vendor holds of an utterance. Times are epoch ms; `at` is when it was given to the vendor. Without
 * a `taskId` the vendor is known to have it, but not under which name.
 */
export type PieceState =
  | { name: 'waiting' }
  | { name: 'submitted'; at: number; taskId: string | undefined }
  | { name: 'speaking'; at: number; taskId: string | undefined; since: number }
  | { name: 'done' };

/** One utterance of a message. */
export type Piece = {
  readonly speech: Speech;
  readonly index: number;
  readonly text: string;
  readonly span: Span;
  readonly expected: number;
  state: PieceState;
};

/** A message on its way to being spoken. */
export type Speech = {
  readonly message: MessageCommand;
  pieces: readonly Piece[];
  /** When the vendor was given its first utterance, and when the avatar began to speak it. */
  submittedAt?: number;
  speakingAt?: number;
  /** How many vendor sessions were lost over it since it last got on. */
  losses: number;
};

/** How a message ends otherwise than by being spoken. */
export type Unspoken =
  /** `spokenText`: what was heard of it. */
  | { state: 'interrupted'; spokenText: string }
  | { state: 'expired' }
  | { state: 'failed'; code: string; reason: string }
  | { state: 'dropped'; reason: string };

/** What became of a message or an utterance. */
export type Fact =
  | { type: 'piece.submitted'; piece: Piece; taskId: string | undefined; at: number; first: boolean }
  | { type: 'piece.waiting'; piece: Piece }
  | { type: 'piece.speaking'; piece: Piece; taskId: string | undefined; at: number }
  | { type: 'piece.spoken'; piece: Piece }
  | { type: 'piece.skipped'; piece: Piece }
  | { type: 'speaking'; speech: Speech; taskId: string | undefined; at: number }
  | { type: 'spoken'; speech: Speech; at: number }
  | { type: 'unspoken'; speech: Speech; end: Unspoken };

/** A message with its utterances; the vendor holds none of them unless their `state` says so. */
export function speechOf(
  message: MessageCommand,
  pieces: readonly (PieceText & { state?: PieceState })[],
): Speech {
  const speech: Speech = { message, pieces: [], losses: 0 };
  speech.pieces = piecesOf(speech, pieces);
  return speech;
}

export function piecesOf(speech: Speech, pieces: readonly (PieceText & { state?: PieceState })[]): Piece[] {
  return pieces.map(({ index, text, span, expected, state = { name: 'waiting' } }) => {
    return { speech, index, text, span, expected, state };
  });
}

/** The vendor has it no more. */
export function waits(piece: Piece): Fact {
  return { type: 'piece.waiting', piece };
}
