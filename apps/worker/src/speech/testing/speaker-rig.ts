import type { MessagePatch, OwnedSession, Utterance } from '@avatar-bridge/session-store';
import { pino } from 'pino';
import { now } from '../../clock.ts';
import { createMetrics } from '../../metrics.ts';
import type { ProviderCapabilities, ProviderSession } from '../../providers/avatar-provider.ts';
import { Journal } from '../../session/journal.ts';
import { MessageBook } from '../message-book.ts';
import type { Attachment } from '../delivery.ts';
import { Speaker } from '../speaker.ts';
import type { MessageCommand } from '../speech.ts';

const logger = pino({ level: 'silent' });
const capabilities: ProviderCapabilities = {
  modes: ['repeat', 'talk'],
  talkNeedsKnowledge: false,
  uuidAvatars: false,
  defaultAvatar: true,
  maxUtteranceLength: 1_000,
  queueDepth: 1,
  finishesAlone: true,
  rollover: true,
};

/** A vendor session that takes every text at once and tells nothing by itself. */
export class SilentVendor {
  readonly calls: string[] = [];
  taskId = '';
  readonly session = {
    speak: ({ text }: { text: string }) => {
      this.calls.push(text);
      this.taskId = `task-${this.calls.length}`;
      return Promise.resolve({ taskId: this.taskId });
    },
    interrupt: () => {
      this.calls.push('(interrupt)');
      return Promise.resolve();
    },
  } as unknown as ProviderSession;
}

/** A speaker without a session around it. */
export class SpeakerRig {
  vendor = new SilentVendor();
  /** What became of messages, as `seq state`, with what was heard of them. */
  readonly told: string[] = [];
  readonly records: (Omit<Utterance, 'epoch' | 'at'> & { seq: number })[] = [];
  leased = true;
  /** Messages that somebody else finished. */
  readonly finished = new Set<number>();
  readonly speaker: Speaker;
  #seq = 0;

  constructor() {
    const seqOf = (id: string) => Number(id.slice(4));
    const owned: Pick<OwnedSession, 'recordUtterance' | 'updateMessage' | 'append' | 'once'> = {
      recordUtterance: (id, record) => {
        this.records.push({ ...record, seq: seqOf(id) });
        return Promise.resolve(!this.finished.has(seqOf(id)));
      },
      updateMessage: (id, { state, spokenText }: MessagePatch) => {
        const heard = spokenText ? `: ${spokenText}` : '';
        if (state) this.told.push(`${seqOf(id)} ${state}${heard}`);
        return Promise.resolve(true);
      },
      append: () => Promise.resolve([]),
      once: () => owned as OwnedSession,
    };
    const metrics = createMetrics();
    this.speaker = new Speaker({
      avatar: { id: 'default', quality: 'high', voice: { rate: 1 }, silenceResponse: false } as never,
      onUncertain: 'replay',
      capabilities,
      book: new MessageBook(owned, new Journal(owned, () => {}, logger), metrics, () => 'fake'),
      captionOf: () => undefined,
      metrics,
      logger,
      mayAct: () => this.leased,
      wake: () => {},
      lost: (error) => this.told.push(`lost ${error.code}`),
      proven: () => {},
      stateChanged: () => {},
    });
  }

  attach(how?: Attachment): void {
    this.speaker.attach(this.vendor.session, { name: 'fake', capabilities }, how);
  }

  message(text: string): MessageCommand {
    this.#seq += 1;
    const seq = this.#seq;
    return { type: 'message', id: `msg_${seq}`, seq, mode: 'repeat', text, acceptedAt: Date.now() };
  }

  say(...texts: string[]): void {
    for (const text of texts) this.speaker.add(this.message(text));
  }

  /** Lets the session's loop run, and what it began come to an end. */
  async act({ submit = true } = {}): Promise<void> {
    for (let round = 0; round < 3; round++) {
      this.speaker.act(now(), { submit });
      await new Promise(setImmediate);
    }
  }

  started(taskId = this.vendor.taskId): void {
    this.speaker.handle({ type: 'speech.started', taskId, at: now() });
  }

  ended(taskId = this.vendor.taskId, doubtMs?: number): void {
    const doubt = doubtMs === undefined ? {} : { doubtMs };
    this.speaker.handle({ type: 'speech.ended', taskId, at: now(), ...doubt });
  }
}
