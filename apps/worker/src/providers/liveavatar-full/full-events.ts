import { parseResponse, type ResponseEvent } from '@avatar-bridge/heygen-client/liveavatar';
import { expectedDuration } from '../../speech/duration.ts';
import type { VendorEvent } from '../vendor-event.ts';

/** The utterance that the avatar was given last, named by the event id of its command. */
type InFlight = { id: string; mode: 'repeat' | 'talk'; text: string; startedAt: number | undefined };

/**
 * An end that comes before its time may be the session's, which is told a moment later: parts of the expected
 * time, and ms.
 */
const doubts = [
  { before: 0.75, ms: 700 },
  { before: 1, ms: 200 },
];

/**
 * What the vendor's reasons mean to people; the vendor's list, of which some come without a word in its
 * documentation.
 */
const endReasons: Record<string, string> = {
  MAX_DURATION_REACHED: 'the session reached the longest time that the plan allows',
  IDLE_TIMEOUT: 'nobody used the session',
  ZOMBIE_SESSION_REAP: 'nobody kept the session alive',
  NO_CREDITS: "the account's credits are used up, buy more at app.liveavatar.com",
  AVATAR_DELETED: 'the avatar was deleted',
  DISPATCH_FAILED: 'the vendor could not start the avatar',
};

/**
 * Reads what one FULL session says. At most one utterance is in flight, and events are matched to it by the
 * newest `source_event_id`. The vendor repeats that id on events that the command did not cause, such as the
 * late end of the speech before, so an end counts only for what has begun; where an end is lost, the avatar's
 * voice and the clock tell (speech/evidence.ts). A session that ends may tell the end of an utterance that it
 * cuts off.
 */
export class FullEvents {
  #inFlight: InFlight | undefined;
  /** Speech that nobody ordered by a command: the greeting of the context. */
  #greeting: 'expected' | 'speaking' | 'over';
  readonly #rate: number | undefined;
  readonly #attached: boolean;
  #userText = '';
  #avatarText = '';

  /**
   * @param greets whether the context has something to say first
   * @param attached whether it may be saying what somebody else has given it
   */
  constructor({
    greets,
    attached = false,
    rate,
  }: {
    greets: boolean;
    attached?: boolean;
    rate?: number | undefined;
  }) {
    this.#rate = rate;
    this.#attached = attached;
    this.#greeting = greets ? 'expected' : 'over';
  }

  /** Whether the greeting is still to come or being said. */
  get greeting(): boolean {
    return this.#greeting !== 'over';
  }

  /** Whether the greeting is being said. */
  get greets(): boolean {
    return this.#greeting === 'speaking';
  }

  /** No greeting comes any more. */
  forgetGreeting(): void {
    this.#greeting = 'over';
  }

  /** The avatar is given an utterance. */
  submitted(utterance: Omit<InFlight, 'startedAt'>): void {
    this.#inFlight = { ...utterance, startedAt: undefined };
    this.#avatarText = '';
  }

  /** The avatar was silenced: what was in flight begins and ends no more. */
  silenced(): void {
    this.#inFlight = undefined;
    this.#greeting = 'over';
  }

  /** The events in a data packet; none for what is no event. */
  read(payload: string, at: number): VendorEvent[] {
    const event = parseResponse(payload);
    if (!event) return [];
    const name = event.type === 'unknown' ? event.name : event.type;
    const raw: VendorEvent = { type: 'raw', source: 'room', name, payload: event.raw };
    return [raw, ...this.#meaning(event, at)];
  }

  #meaning(event: ResponseEvent, at: number): VendorEvent[] {
    switch (event.type) {
      case 'avatar.speak_ended':
        return this.#ended(event.sourceEventId, at);
      case 'avatar.speak_started':
        return this.#started(event.sourceEventId, at);
      case 'avatar.transcription.chunk':
        return this.#transcribed(event, (text) => text + event.text);
      case 'avatar.transcription':
        return this.#transcribed(event, () => event.text);
      case 'user.speak_started':
        return [{ type: 'user.started' }];
      case 'user.speak_ended':
        return [{ type: 'user.stopped' }];
      case 'user.transcription.chunk':
        this.#userText += event.text;
        return [{ type: 'caption', speaker: 'user', text: this.#userText, final: false }];
      case 'user.transcription':
        this.#userText = '';
        return [{ type: 'caption', speaker: 'user', text: event.text, final: true }];
      case 'session.stopped': {
        const { reason = 'UNKNOWN' } = event;
        const meaning = endReasons[reason];
        return [{ type: 'closed', reason: meaning === undefined ? reason : `${reason}, ${meaning}` }];
      }
      default:
        return [];
    }
  }

  #started(source: string | undefined, at: number): VendorEvent[] {
    const mine = this.#mine(source);
    if (!mine) {
      if (this.#greeting === 'expected') this.#greeting = 'speaking';
      return [{ type: 'speech.started', taskId: source ?? 'greeting', at, ...this.#foreign(source) }];
    }
    mine.startedAt = at;
    const caption = mine.mode === 'repeat' ? [this.#caption(mine, mine.text, false)] : [];
    return [{ type: 'speech.started', taskId: mine.id, at }, ...caption];
  }

  #ended(source: string | undefined, at: number): VendorEvent[] {
    const mine = this.#mine(source);
    if (!mine) {
      if (this.#greeting === 'speaking') this.#greeting = 'over';
      return [{ type: 'speech.ended', taskId: source ?? 'greeting', at, ...this.#foreign(source) }];
    }
    if (mine.startedAt === undefined) return [];
    this.#inFlight = undefined;
    const text = mine.mode === 'repeat' ? mine.text : this.#avatarText;
    const caption = text === '' ? [] : [this.#caption(mine, text, true)];
    const part = (at - mine.startedAt) / Math.max(expectedDuration(text, this.#rate), 1);
    const doubtMs = doubts.find(({ before }) => part < before)?.ms;
    return [
      ...caption,
      { type: 'speech.ended', taskId: mine.id, at, ...(doubtMs !== undefined && { doubtMs }) },
    ];
  }

  /**
   * The answer to `talk` is known from here only. Of a `repeat` the text is known, and a greeting is none of
   * ours.
   */
  #transcribed({ sourceEventId }: ResponseEvent, grow: (text: string) => string): VendorEvent[] {
    const mine = this.#mine(sourceEventId);
    if (mine?.mode !== 'talk') return [];
    this.#avatarText = grow(this.#avatarText);
    // It may come before the speech does: only the end of that makes it final.
    if (this.#avatarText === '') return [];
    return [this.#caption(mine, this.#avatarText, false)];
  }

  /**
   * What an event is about, if that is ours: by its id, or, where the vendor leaves that out, because nothing
   * else can speak.
   */
  #mine(source: string | undefined): InFlight | undefined {
    if (source === undefined) return this.#greeting === 'over' ? this.#inFlight : undefined;
    return source === this.#inFlight?.id ? this.#inFlight : undefined;
  }

  /** An utterance that a former owner gave to the avatar is known by its id to those who took it over. */
  #foreign(source: string | undefined): { foreign?: true } {
    return this.#attached && source !== undefined ? {} : { foreign: true };
  }

  #caption({ id }: InFlight, text: string, final: boolean): VendorEvent {
    return { type: 'caption', taskId: id, speaker: 'avatar', text, final };
  }
}
