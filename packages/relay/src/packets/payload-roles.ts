import type { Codec } from '@avatar-bridge/livekit-rtp';

export const ROLE_NONE = 0;
export const ROLE_MEDIA = 1;
export const ROLE_RTX = 2;

/** What each payload type of an m-line is for, when `mimeType` is what shall be carried. */
export class PayloadRoles {
  readonly #roles = new Uint8Array(128);
  readonly #originals = new Uint8Array(128);

  constructor(codecs: readonly Codec[], mimeType: string) {
    for (const codec of codecs) {
      if (codec.mimeType.toLowerCase() === mimeType) this.#roles[codec.payloadType] = ROLE_MEDIA;
    }
    for (const codec of codecs) {
      const apt = /(?:^|;)\s*apt=(\d+)/.exec(codec.fmtp ?? '')?.[1];
      if (apt === undefined || !codec.mimeType.toLowerCase().endsWith('/rtx')) continue;
      if (this.#roles[Number(apt)] !== ROLE_MEDIA) continue;
      this.#roles[codec.payloadType] = ROLE_RTX;
      this.#originals[codec.payloadType] = Number(apt);
    }
  }

  of(payloadType: number): number {
    return this.#roles[payloadType]!;
  }

  /** The payload type that an RTX payload type repeats. */
  original(payloadType: number): number {
    return this.#originals[payloadType]!;
  }
}
