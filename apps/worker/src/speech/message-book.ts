import type { SessionEventBody } from '@avatar-bridge/contracts';
import type { MessagePatch, OwnedSession, Utterance } from '@avatar-bridge/session-store';
import { now } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { Journal } from '../session/journal.ts';
import type { Fact, Piece, Speech, Unspoken } from './speech.ts';

/** Writes down how messages fare, with their times. */
export class MessageBook {
  readonly #owned: Pick<OwnedSession, 'recordUtterance'>;
  readonly #journal: Journal;
  readonly #metrics: Metrics;
  readonly #provider: () => string;

  /** @param provider names the one in use */
  constructor(
    owned: Pick<OwnedSession, 'recordUtterance'>,
    journal: Journal,
    metrics: Metrics,
    provider: () => string,
  ) {
    this.#provider = provider;
    this.#owned = owned;
    this.#journal = journal;
    this.#metrics = metrics;
  }

  /** The one write that the vendor call waits for. False: the message is finished, it must not be said. */
  async submitting(piece: Piece): Promise<boolean> {
    try {
      return await this.#owned.recordUtterance(piece.speech.message.id, {
        index: piece.index,
        span: piece.span,
        state: 'submitting',
      });
    } catch (error) {
      this.#journal.noticeFence(error);
      throw error;
    }
  }

  note(fact: Fact): void {
    switch (fact.type) {
      case 'piece.submitted':
        return this.#submitted(fact);
      case 'piece.waiting':
        return this.#record(fact.piece, 'waiting');
      case 'piece.speaking':
        return this.#record(fact.piece, 'speaking', fact);
      case 'piece.skipped':
        return this.#record(fact.piece, 'skipped');
      case 'piece.spoken':
        // the message's own end says as much
        return fact.piece === fact.piece.speech.pieces.at(-1)
          ? undefined
          : this.#record(fact.piece, 'spoken');
      case 'speaking':
        return this.#speaking(fact.speech, fact.taskId, fact.at);
      case 'spoken':
        return this.spoken(fact.speech);
      case 'unspoken':
        return this.unspoken(fact.speech, fact.end);
    }
  }

  spoken(speech: Speech): void {
    const { message } = speech;
    const firstFrameMs =
      speech.speakingAt === undefined ? {} : { firstFrameMs: since(message.acceptedAt, speech.speakingAt) };
    this.#finish(
      speech,
      'spoken',
      {},
      {
        type: 'message.spoken',
        messageId: message.id,
        seq: message.seq,
        ...firstFrameMs,
        provider: this.#provider(),
      },
    );
  }

  unspoken(speech: Speech, end: Unspoken): void {
    const message = { messageId: speech.message.id, seq: speech.message.seq };
    switch (end.state) {
      case 'interrupted': {
        const { spokenText } = end;
        return this.#finish(
          speech,
          'interrupted',
          { spokenText },
          { type: 'message.interrupted', ...message, spokenText },
        );
      }
      case 'expired':
        return this.#finish(speech, 'expired', {}, { type: 'message.expired', ...message });
      case 'failed': {
        const { code, reason } = end;
        return this.#finish(
          speech,
          'failed',
          { reason },
          { type: 'message.failed', ...message, code, reason },
        );
      }
      case 'dropped': {
        const { reason } = end;
        return this.#finish(speech, 'dropped', { reason }, { type: 'message.dropped', ...message, reason });
      }
    }
  }

  /** `first`: nothing of the message was submitted before. */
  #submitted({ piece, first, ...fact }: Extract<Fact, { type: 'piece.submitted' }>): void {
    const { message, submittedAt } = piece.speech;
    this.#record(piece, 'submitted', fact);
    if (!first || submittedAt === undefined) return;
    const waitedMs = since(message.acceptedAt, submittedAt);
    this.#metrics.waited(waitedMs);
    this.#journal.write((owned) =>
      owned.updateMessage(message.id, { submittedAt: Math.round(submittedAt), waitedMs }),
    );
  }

  #speaking(speech: Speech, taskId: string | undefined, at: number): void {
    const { message, submittedAt = at } = speech;
    const waitedMs = since(message.acceptedAt, submittedAt);
    const vendorMs = since(submittedAt, at);
    // the relay passes packets on within a millisecond: what is spoken is on the stage
    const firstFrameMs = since(message.acceptedAt, at);
    this.#metrics.vendor(vendorMs);
    this.#metrics.firstFrame(firstFrameMs);
    const event: SessionEventBody = {
      type: 'message.speaking',
      messageId: message.id,
      seq: message.seq,
      ...(taskId !== undefined && { taskId }),
      provider: this.#provider(),
      waitedMs,
      vendorMs,
    };
    this.#journal.write((owned) =>
      owned.updateMessage(
        message.id,
        { state: 'speaking', speakingAt: Math.round(at), vendorMs, firstFrameMs },
        event,
      ),
    );
  }

  #finish(
    speech: Speech,
    state: 'spoken' | Unspoken['state'],
    patch: Pick<MessagePatch, 'reason' | 'spokenText'>,
    event: SessionEventBody,
  ): void {
    this.#metrics.messageFinished(state);
    this.#journal.write((owned) => owned.updateMessage(speech.message.id, { state, ...patch }, event));
  }

  #record(
    piece: Piece,
    state: Utterance['state'],
    { taskId, at = now() }: { taskId?: string | undefined; at?: number } = {},
  ): void {
    // by the clock that other machines have
    const wallAt = Math.round(Date.now() - (now() - at));
    this.#journal.write((owned) =>
      owned.recordUtterance(piece.speech.message.id, {
        index: piece.index,
        state,
        at: wallAt,
        ...(taskId && { taskId }),
      }),
    );
  }
}

/** Clocks of two machines differ; no time is negative. */
function since(from: number, to: number): number {
  return Math.max(0, Math.round(to - from));
}
