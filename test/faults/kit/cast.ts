import { setTimeout as sleep } from 'node:timers/promises';
import { Chatbot, type ChatbotOptions } from './chatbot.ts';
import { type Finding, type Ledger, type Said, settle } from './ledger.ts';
import { now } from './now.ts';
import type { FaultStack } from './stack.ts';
import { StageWatch } from './stage-watch.ts';
import { partsIn } from './texts.ts';

export type CastOptions = {
  provider: string;
  sessions: number;
  /** What a session is opened with besides. */
  request?: object;
  chatbot?: Partial<Pick<ChatbotOptions, 'partsOf' | 'ahead'>>;
};

/** ms for what a vendor session or a room leaves behind to be cleared away. */
const clearingMs = 45_000;
/** ms without sound within an utterance that viewers would call a part of it missing. */
const audibleGapMs = 300;

/** Sessions, a chatbot for each, and a viewer on each stage. */
export class Cast {
  static async open(stack: FaultStack, options: CastOptions): Promise<Cast> {
    const { provider, sessions, request, chatbot } = options;
    const cast = new Cast(stack, provider);
    await Promise.all(
      Array.from({ length: sessions }, async (_, session) => {
        const body = { provider, avatar: { quality: 'low' }, ...request };
        const { id, room } = await stack.frontDoor.open(body, `open-${provider}-${session}`);
        const { frontDoor } = stack;
        cast.chatbots.push(new Chatbot({ frontDoor, sessionId: id, session, ...chatbot }));
        cast.watches.set(session, await StageWatch.join(stack.stage.access, room));
      }),
    );
    cast.chatbots.sort((a, b) => a.session - b.session);
    await Promise.all([...cast.watches.values()].map((watch) => watch.untilWatching()));
    return cast;
  }

  readonly chatbots: Chatbot[] = [];
  /** By the session's number. */
  readonly watches = new Map<number, StageWatch>();
  readonly provider: string;
  readonly redisKilledAt: number[] = [];
  readonly #stack: FaultStack;

  private constructor(stack: FaultStack, provider: string) {
    this.#stack = stack;
    this.provider = provider;
  }

  /** Everybody talks, and has begun to. */
  async talk(): Promise<void> {
    for (const chatbot of this.chatbots) chatbot.talk();
    const from = now();
    for (const { session } of this.chatbots) await this.wordsAfter(session, from, 30_000);
  }

  /** When an utterance of a session was begun after `from`; undefined when none was within `timeoutMs`. */
  async wordsAfter(session: number, from: number, timeoutMs: number): Promise<number | undefined> {
    for (const until = now() + timeoutMs; now() < until; await sleep(200)) {
      const begun = (await this.said())
        .filter((one) => one.startedAt !== undefined && one.startedAt > from)
        .filter((one) => partsIn(one.text)[0]?.session === session);
      if (begun.length > 0) return Math.min(...begun.map(({ startedAt }) => startedAt!));
    }
    return undefined;
  }

  /** When the utterance that was begun last before `at` ended. */
  async saidUntil(session: number, at: number): Promise<number> {
    const before = (await this.said())
      .filter((one) => one.startedAt !== undefined && one.startedAt < at)
      .filter((one) => partsIn(one.text)[0]?.session === session);
    return Math.max(0, ...before.map(({ startedAt, stoppedAt }) => stoppedAt ?? startedAt ?? 0));
  }

  async said(): Promise<Said[]> {
    return (await this.#stack.vendor.sessions()).flatMap(({ sessionId, tasks }) =>
      tasks.map((task) => ({ vendorSession: sessionId, ...task, text: task.spokenText ?? task.text })),
    );
  }

  /** Chatbots fall silent, and what they posted comes to its end. False when it did not within `timeoutMs`. */
  async settle(timeoutMs = 90_000): Promise<boolean> {
    await Promise.all(this.chatbots.map((chatbot) => chatbot.quiet()));
    for (const until = now() + timeoutMs; now() < until; await sleep(300)) {
      const sessions = await Promise.all(
        this.chatbots.map(({ sessionId }) => this.#stack.frontDoor.session(sessionId)),
      );
      if (sessions.every(({ pending, state }) => pending === 0 || state === 'ended')) return true;
    }
    return false;
  }

  async ledger(): Promise<{ ledger: Ledger; findings: Finding[] }> {
    const { frontDoor } = this.#stack;
    const told = await Promise.all(this.chatbots.map(({ sessionId }) => frontDoor.messages(sessionId)));
    return settle({
      posted: this.chatbots.flatMap(({ posted }) => posted),
      interrupts: this.chatbots.flatMap(({ interrupts }) => interrupts),
      told: told.flat(),
      said: await this.said(),
      redisKilledAt: this.redisKilledAt,
      heard: (session, from, to) => (this.watches.get(session)?.audio.longest(from, to) ?? 0) < audibleGapMs,
    });
  }

  /** Ends the sessions and counts what they leave behind. */
  async end(): Promise<{ leakedVendorSessions: number; leakedRooms: number }> {
    const rooms = new Set<string>(this.chatbots.map(({ sessionId }) => sessionId));
    await Promise.all(this.chatbots.map(({ sessionId }) => this.#stack.frontDoor.end(sessionId)));
    await this.leave();
    const leaks = async () => ({
      leakedVendorSessions: (await this.#stack.vendor.open()).length,
      leakedRooms: (await this.#stack.rooms()).filter((room) => rooms.has(room)).length,
    });
    let left = await leaks();
    for (const until = now() + clearingMs; now() < until; await sleep(500)) {
      if (left.leakedVendorSessions + left.leakedRooms === 0) break;
      left = await leaks();
    }
    return left;
  }

  async leave(): Promise<void> {
    await Promise.all([...this.watches.values()].map((watch) => watch[Symbol.asyncDispose]()));
  }
}
