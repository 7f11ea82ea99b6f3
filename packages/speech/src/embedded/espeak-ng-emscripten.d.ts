declare module '@echogarden/espeak-ng-emscripten' {
  export type EspeakEvent = {
    type: 'word' | 'sentence' | 'mark' | 'play' | 'end' | 'msg_terminated' | 'phoneme' | 'samplerate';
    /** Characters, from 1. */
    text_position: number;
    word_length: number;
    /** ms. */
    audio_position: number;
    id?: string | number;
  };
  export type EspeakWorker = {
    /** 0 when the voice exists. */
    set_voice(name: string): number;
    set_rate(wordsPerMinute: number): number;
    synthesize(
      text: string,
      callback: (samples: Int16Array | undefined, events: EspeakEvent[]) => boolean,
    ): void;
  };
  export default function initialize(): Promise<{ eSpeakNGWorker: new () => EspeakWorker }>;
}
