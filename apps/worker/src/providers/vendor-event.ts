/**
 * What a vendor tells of its session, in one vocabulary. Vendors lose events, double them and send them out
 * of order: whoever listens must bear that. `at` is epoch ms, when it reached us.
 */
export type VendorEvent =
  /** Each event of the vendor as it came; followed by its normalised form, if it has one. */
  | { type: 'raw'; source: 'room' | 'socket'; name: string; payload: unknown }
  /** `foreign`: for certain none of the utterances that it was given, such as a greeting. */
  | { type: 'speech.started'; taskId?: string; at: number; foreign?: true }
  /**
   * `doubtMs`: it came before its time, and `closed` may come that much later: then the session ended, and
   * cut it off.
   */
  | { type: 'speech.ended'; taskId?: string; at: number; foreign?: true; doubtMs?: number }
  /**
   * `text` is all of the segment so far, not the newest piece; a segment is one task's, or one turn of the
   * user's.
   */
  | { type: 'caption'; taskId?: string; speaker: 'avatar' | 'user'; text: string; final: boolean }
  | { type: 'user.started' }
  | { type: 'user.stopped' }
  | { type: 'user.silent'; silenceTimes?: number; countDown?: number }
  /** What the vendor account has left. `low`: it may not last for another session. */
  | { type: 'credits'; remaining: number; low: boolean }
  /** The vendor ended the session by itself. The last event. */
  | { type: 'closed'; reason: string };
