import { CancelledError, type ProviderError } from '../provider-errors.ts';
import type { VendorEvent } from '../vendor-event.ts';
import { chunkMs } from './chunk-size.ts';
import {
  aheadAt,
  type LineEvent,
  type LineFact,
  type LineState,
  type LineTiming,
  next,
  positionAt,
  silent,
} from './line-state.ts';
import { LineUtterance, type Voicing } from './line-utterance.ts';
import { toMs } from './sound-queue.ts';
import { translateSpeechError } from './translate-speech-error.ts';
import { now } from '../../clock.ts';

/** ms between two looks at the clock while there is something to say. */
const lookEveryMs = 100;
/** Less than this at the player, and an utterance without more sound for now is sealed: ms. */
const starvedMs = 150;

/** Whoever plays the sound. Calls reject with a ProviderError. */
export type LineSink = {
  append(utteranceId: string, pcm: Int16Array): Promise<void>;
  /** Nothing more of this utterance will come. */
  commit(utteranceId: string): Promise<void>;
  /** Nothing of this utterance comes for a while. */
  seal?(utteranceId: string): Promise<void>;
  /** Throws away what was not played. Resolves when the player was told. */
  clear(): Promise<void>;
};

export type AudioLineOptions = Voicing & {
  sink: LineSink;
  timing: LineTiming;
  onEvent: (event: VendorEvent) => void;
  /** What has been heard of an utterance when it is over. */
  onSaid?: (text: string, utteranceId: string) => void;
  /** The player fell silent too early. */
  onCutShort?: (missingMs: number) => void;
  /** An utterance that was taken cannot be said to its end. The line is of no use any more. */
  onFailure: (error: ProviderError) => void;
};

/**
 * Says texts through somebody who plays sound: makes them into sound, hands it over at the player's pace, and tells from the
 * player's signs and the clock what is being said.
 */
export class AudioLine {
  readonly #options: AudioLineOptions;
  #state: LineState = silent;
  /** Those that are not over, in order. */
  #utterances: LineUtterance[] = [];
  #looking: NodeJS.Timeout | undefined;
  #pumping = false;
  #paused = false;
  #closed = false;

  constructor(options: AudioLineOptions) {
    this.#options = options;
  }

  /**
   * Says sentences one after another as one utterance. Resolves when the first sound was handed over, or after
   * `patienceMs`.
   *
   * @throws ProviderError when no sound could be made; CancelledError when it was interrupted or aborted before
   */
  async speak(
    id: string,
    sentences: AsyncIterable<string>,
    { signal, patienceMs }: { signal: AbortSignal; patienceMs: number },
  ): Promise<void> {
    if (this.#closed || signal.aborted) throw new CancelledError();
    const utterance = new LineUtterance(id);
    this.#utterances.push(utterance);
    void this.#make(utterance, sentences);
    const onAbort = () => this.#drop(utterance, new CancelledError());
    const patience = setTimeout(() => utterance.take(), patienceMs);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await utterance.taken;
    } finally {
      clearTimeout(patience);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Silences the player and forgets all that is to be said. Resolves when the player was told. */
  async interrupt(): Promise<void> {
    for (const utterance of this.#utterances) utterance.cancel();
    this.#dispatch({ type: 'interrupted', at: performance.now() });
    this.#utterances = [];
    await this.#options.sink.clear();
  }

  /** A sign of the player. Without an id: of whatever it is playing. */
  handle(type: 'started' | 'ended' | 'cleared', utteranceId?: string): void {
    const at = performance.now();
    if (type === 'cleared') this.#dispatch({ type, at });
    else this.#dispatch({ type, at, ...(utteranceId !== undefined && { id: utteranceId }) });
    void this.#pump();
  }

  /** While the player cannot be reached, nothing is handed over. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    void this.#pump();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#looking);
    for (const utterance of this.#utterances) utterance.cancel();
    this.#utterances = [];
  }

  async #make(utterance: LineUtterance, sentences: AsyncIterable<string>): Promise<void> {
    try {
      if (await utterance.make(sentences, this.#options, () => void this.#pump())) void this.#pump();
    } catch (error) {
      const failure = translateSpeechError(error);
      if (utterance.isTaken) this.#options.onFailure(failure);
      else this.#drop(utterance, failure);
    }
  }

  /** Hands over what is due. One call at a time does it; it looks again after each step. */
  async #pump(): Promise<void> {
    this.#watch();
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (await this.#step());
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'sound could not be handed over');
    } finally {
      this.#pumping = false;
    }
  }

  async #step(): Promise<boolean> {
    const { sink } = this.#options;
    const utterance = this.#utterances.find(({ committed }) => !committed);
    if (!utterance || this.#paused || this.#closed || this.#state.name === 'clearing') return false;
    const { id, sound, finished } = utterance;
    const at = performance.now();
    const aheadMs = aheadAt(this.#state, at);
    if (sound.durationMs === 0 && finished) {
      utterance.committed = true;
      this.#dispatch({ type: 'completed', id, at });
      await sink.commit(id);
      return true;
    }
    const size = chunkMs({
      waitingMs: sound.durationMs,
      complete: finished,
      aheadMs,
      first: this.#state.name === 'silent',
    });
    if (size > 0) {
      const pcm = sound.take(size);
      utterance.sealed = false;
      this.#dispatch({ type: 'sent', id, soundMs: toMs(pcm.length), at });
      utterance.take();
      await sink.append(id, pcm);
      return true;
    }
    const begun = this.#state.name === 'speaking' && this.#state.utterances.at(-1)?.id === id;
    if (begun && !utterance.sealed && sound.durationMs === 0 && aheadMs < starvedMs) {
      utterance.sealed = true;
      await sink.seal?.(id);
    }
    return false;
  }

  #dispatch(event: LineEvent): void {
    if (this.#closed) return;
    const { state, facts } = next(this.#state, event, this.#options.timing);
    this.#state = state;
    for (const fact of facts) this.#tell(fact);
    if (state.name === 'silent') this.#utterances = this.#utterances.filter(({ committed }) => !committed);
    this.#watch();
  }

  #tell(fact: LineFact): void {
    if (fact.type === 'cut-short') return this.#options.onCutShort?.(fact.missingMs);
    const { onEvent, onSaid } = this.#options;
    const utterance = this.#utterances.find(({ id }) => id === fact.id);
    const at = now();
    if (fact.type === 'started') return onEvent({ type: 'speech.started', taskId: fact.id, at });
    const heard = fact.type === 'ended' ? Number.POSITIVE_INFINITY : fact.heardMs;
    if (utterance && heard > 0) {
      const text = utterance.spoken.heardAt(heard);
      if (text !== '') onEvent({ type: 'caption', taskId: fact.id, speaker: 'avatar', text, final: true });
      onSaid?.(text, fact.id);
    }
    if (heard > 0) onEvent({ type: 'speech.ended', taskId: fact.id, at });
    this.#utterances = this.#utterances.filter(({ id }) => id !== fact.id);
  }

  #look(): void {
    const at = performance.now();
    this.#dispatch({ type: 'looked', at });
    if (this.#state.name === 'speaking') {
      const position = positionAt(this.#state, at);
      for (const { id, fromMs, begun } of this.#state.utterances)
        if (begun) this.#caption(id, position - fromMs);
    }
    void this.#pump();
  }

  #caption(id: string, heardMs: number): void {
    const utterance = this.#utterances.find((one) => one.id === id);
    const text = utterance?.spoken.heardAt(heardMs) ?? '';
    if (!utterance || text === utterance.caption) return;
    utterance.caption = text;
    this.#options.onEvent({ type: 'caption', taskId: id, speaker: 'avatar', text, final: false });
  }

  #drop(utterance: LineUtterance, reason: Error): void {
    if (utterance.isTaken) return;
    utterance.cancel(reason);
    this.#utterances = this.#utterances.filter((one) => one !== utterance);
  }

  #watch(): void {
    const needed = !this.#closed && (this.#state.name !== 'silent' || this.#utterances.length > 0);
    if (needed) this.#looking ??= setInterval(() => this.#look(), lookEveryMs);
    else {
      clearInterval(this.#looking);
      this.#looking = undefined;
    }
  }
}

/** One sentence, or a text whose sentences are one. */
export async function* oneSentence(text: string): AsyncGenerator<string, void, undefined> {
  yield text;
}
