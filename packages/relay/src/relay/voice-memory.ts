/** The newest stretch of the avatar being an active speaker, in ms before now. */
export type HeardVoice = {
  /** Since when somebody listens. */
  sinceMs: number;
  beganMs?: number;
  /** Missing while it speaks. */
  endedMs?: number;
};

/** Remembers what the vendor's server said of the avatar's voice. Times by `performance.now()`. */
export class VoiceMemory {
  #since: number;
  #voice: { began: number; ended: number | undefined } | undefined;

  constructor(now: number) {
    this.#since = now;
  }

  /** Nobody listened until now. */
  listenAnew(now: number): void {
    this.#since = now;
    this.#voice = undefined;
  }

  set(active: boolean, now: number): void {
    if (active) this.#voice = { began: now, ended: undefined };
    else if (this.#voice) this.#voice.ended ??= now;
  }

  heard(now: number): HeardVoice {
    const ago = (at: number): number => Math.round(now - at);
    const { began, ended } = this.#voice ?? {};
    return {
      sinceMs: ago(this.#since),
      ...(began !== undefined && { beganMs: ago(began) }),
      ...(ended !== undefined && { endedMs: ago(ended) }),
    };
  }
}
