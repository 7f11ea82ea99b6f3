import type { ResponseMessage } from '@avatar-bridge/heygen-client/liveavatar';
import type { SpeechUnderWay } from '../../avatar/avatar-media.ts';
import type { SpeechReport } from '../../avatar/speech-queue.ts';
import { piecesOf } from '../../avatar/text-pieces.ts';
import type { EventPlan } from '../../faults/faults.ts';
import type { SwitchValues } from '../../switches.ts';

/** Transcription comes as the model writes, which is faster than the avatar speaks. */
const writesFasterBy = 4;

/** An event of the room without its envelope. */
export type FullEvent = { event_type: ResponseMessage['event_type']; [key: string]: unknown };

type FullReportOptions = {
  switches: SwitchValues;
  plan: EventPlan;
  send: (event: FullEvent) => void;
  onUserSaid: (text: string) => void;
  onAvatarSaid: (text: string) => void;
};

/**
 * What the room is told about one text in FULL mode: what the user said, the text piece by piece, start and
 * end of the speech, and the final transcription. Applies the switches and the faults of that text.
 */
export class FullReport implements SpeechReport {
  readonly #options: FullReportOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  #pieces: { text: string; atMs: number }[] = [];
  #unsent: string[] = [];
  #heldBack: FullEvent | undefined;

  constructor(options: FullReportOptions) {
    this.#options = options;
  }

  user(text: string): void {
    this.#options.onUserSaid(text);
  }

  started(text: string, speech: SpeechUnderWay): void {
    this.#pieces = piecesOf(text, speech.segments);
    this.#unsent = this.#pieces.map((piece) => piece.text);
    this.#sendPiece();
    this.#emit({ event_type: 'avatar.speak_started' });
    for (const { atMs } of this.#pieces.slice(1)) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#sendPiece();
      }, atMs / writesFasterBy);
      this.#timers.add(timer);
    }
    if (this.#options.switches.finalTranscription === 'at-once') this.#transcription(text);
  }

  stopped(durationMs: number, interrupted: boolean): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const { finalTranscription, interruptedSpeech } = this.#options.switches;
    if (interrupted) this.#unsent = [];
    while (this.#unsent.length > 0) this.#sendPiece();
    const heard = this.#pieces.filter(({ atMs }) => !interrupted || atMs <= durationMs);
    const text = heard.map((piece) => piece.text).join('');
    this.#options.onAvatarSaid(text);
    if (finalTranscription === 'after-speech') this.#transcription(text);
    if (!interrupted || interruptedSpeech === 'ended') this.#emit({ event_type: 'avatar.speak_ended' });
    if (this.#heldBack) this.#options.send(this.#heldBack);
  }

  #sendPiece(): void {
    const text = this.#unsent.shift();
    if (text !== undefined) this.#emit({ event_type: 'avatar.transcription.chunk', text });
  }

  #transcription(text: string): void {
    this.#emit({ event_type: 'avatar.transcription', text });
  }

  #emit(event: FullEvent): void {
    const { plan, send } = this.#options;
    if (plan.lose.has(event.event_type)) return;
    if (plan.disorder && event.event_type === 'avatar.speak_started') this.#heldBack = event;
    else send(event);
  }
}
