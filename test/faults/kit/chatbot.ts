import type { MessageRequest } from '@avatar-bridge/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FrontDoor, Refusal } from './front-door.ts';
import { now } from './now.ts';
import { textOf } from './texts.ts';

/** A message as its chatbot knows it. Times are epoch ms; without `ackedAt` nobody knows whether it was accepted. */
export type Posted = {
  session: number;
  message: number;
  parts: number;
  sentAt: number;
  ackedAt?: number;
  id?: string;
};
/** By a call, or by the message `by`, which takes the place of those before it. */
export type Interrupted = { session: number; sentAt: number; ackedAt?: number; by?: number };
/** How a chatbot takes back what it posted. */
export type InterruptKind = 'call' | 'interrupting-message' | 'replacing-message';

export type ChatbotOptions = {
  frontDoor: FrontDoor;
  sessionId: string;
  /** Its number in the texts. */
  session: number;
  /** Sentences of its messages, in turn. */
  partsOf?: number[];
  /** Unfinished messages it keeps the avatar supplied with. */
  ahead?: number;
};

/** A chatbot backend that always has something to say, and remembers what it was promised. */
export class Chatbot {
  readonly posted: Posted[] = [];
  readonly interrupts: Interrupted[] = [];
  readonly session: number;
  readonly sessionId: string;
  readonly #options: ChatbotOptions;
  #stop = new AbortController();
  #talking: Promise<void> | undefined;

  constructor(options: ChatbotOptions) {
    this.#options = options;
    this.session = options.session;
    this.sessionId = options.sessionId;
  }

  /** Posts with a key of its own until it is answered, so that no message is posted twice, and one after the other. */
  say(parts = 1, policy: MessageRequest['policy'] = 'queue'): Promise<Posted> {
    const turn = this.#lastPost.then(() => this.#say(parts, policy));
    this.#lastPost = turn.catch(() => undefined);
    return turn;
  }
  #lastPost: Promise<unknown> = Promise.resolve();

  async #say(parts: number, policy: MessageRequest['policy']): Promise<Posted> {
    const { session, sessionId } = this;
    const message = this.posted.length;
    const posted: Posted = { session, message, parts, sentAt: now() };
    this.posted.push(posted);
    const interrupt: Interrupted = { session, sentAt: posted.sentAt, by: message };
    if (policy !== 'queue') this.interrupts.push(interrupt);
    const text = textOf(session, message, parts);
    const body = { text, policy };
    const { signal } = this.#stop;
    const { id } = await this.#options.frontDoor.say(sessionId, body, `s${session}-m${message}`, signal);
    posted.id = id;
    interrupt.ackedAt = posted.ackedAt = now();
    return posted;
  }

  async interrupt(kind: InterruptKind = 'call'): Promise<void> {
    const { session, sessionId } = this;
    if (kind !== 'call') {
      await this.say(1, kind === 'interrupting-message' ? 'interrupt' : 'replace');
      return;
    }
    const interrupt: Interrupted = { session, sentAt: now() };
    this.interrupts.push(interrupt);
    await this.#options.frontDoor.interrupt(sessionId, `s${session}-i${this.interrupts.length}`);
    interrupt.ackedAt = now();
  }

  /** Goes on until `quiet()`. */
  talk(): void {
    this.#talking ??= this.#talk(this.#stop.signal);
  }

  /** Says nothing more; what is unanswered is given `patienceMs` to be answered. */
  async quiet(patienceMs = 20_000): Promise<void> {
    const late = setTimeout(() => this.#stop.abort(), patienceMs);
    this.#quiet = true;
    await this.#talking;
    clearTimeout(late);
  }
  #quiet = false;

  async #talk(signal: AbortSignal): Promise<void> {
    const { frontDoor, sessionId, partsOf = [1, 2, 1], ahead = 3 } = this.#options;
    while (!this.#quiet && !signal.aborted) {
      try {
        const { status, body } = await frontDoor.try('GET', `/v1/sessions/${sessionId}`, {
          timeoutMs: 2_000,
        });
        const { pending = ahead, state } = status === 200 ? (body as { pending: number; state: string }) : {};
        if (state === 'ended') return;
        if (pending < ahead) await this.say(partsOf[this.posted.length % partsOf.length]);
        else await sleep(200, undefined, { signal });
      } catch (error) {
        if (error instanceof Refusal) return;
        await sleep(200, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
