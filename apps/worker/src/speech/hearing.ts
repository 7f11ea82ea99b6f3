import {
  judge,
  type Judgement,
  judgeUnanswered,
  type Overheard,
  type UnansweredJudgement,
  type Voice,
} from './evidence.ts';
import type { Piece } from './speech.ts';
import type { Attempt } from './submission.ts';

/** What is heard of the avatar, besides what its vendor says of our utterances. Times are epoch ms. */
export class Hearing {
  /** Since when somebody listens. */
  readonly since: number;
  #voice: Voice | undefined;
  #foreignTask: string | undefined;

  /** `overheard`: what somebody else has heard before. */
  constructor(since: number, overheard?: Overheard) {
    this.since = overheard?.since ?? since;
    this.#voice = overheard?.voice;
  }

  /** Whether something is said that we did not ask for: an opening, a word into the user's silence. */
  get foreign(): boolean {
    return this.#foreignTask !== undefined;
  }

  /**
   * The vendor's server began or ceased to name the avatar an active speaker. `front` is the utterance first
   * in its line.
   */
  voiceChanged(active: boolean, at: number, front: Piece | undefined): void {
    if (active) {
      this.#voice = { from: at, to: undefined };
      return;
    }
    this.#foreignTask = undefined;
    if (this.#voice) this.#voice = { from: this.#voice.from, to: this.#voice.to ?? at };
    // who falls silent spoke, though nobody listened when it began
    else if (front && 'at' in front.state && front.state.at < this.since)
      this.#voice = { from: this.since, to: at };
  }

  foreignBegan(taskId: string | undefined): void {
    this.#foreignTask = taskId ?? '';
  }

  foreignEnded(): void {
    this.#foreignTask = undefined;
  }

  /** What is to be concluded about the utterance first in line, with nothing before it since `frontSince`. */
  judgeFront({ expected, speech, state }: Piece, frontSince: number, now: number): Judgement {
    const { mode } = speech.message;
    const speakingSince = state.name === 'speaking' ? state.since : undefined;
    const front = { mode, expected, frontSince, speakingSince, listeningSince: this.since };
    return judge(front, this.#voice, now);
  }

  /** The same of an utterance whose submission has no answer. */
  judgeAttempt(
    { at, piece }: Attempt,
    about: { frontSince: number | undefined; pending: boolean; unknownTask: string | undefined },
    now: number,
  ): UnansweredJudgement {
    const { mode } = piece.speech.message;
    const utterance = { ...about, mode, submittedAt: at, listeningSince: this.since };
    return judgeUnanswered(utterance, this.foreign ? undefined : this.#voice, now);
  }
}
