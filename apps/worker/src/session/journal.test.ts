import type { EventId, SessionEventBody } from '@avatar-bridge/contracts';
import { FencedError, type OwnedSession, StoreUnavailableError } from '@avatar-bridge/session-store';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Journal } from './journal.ts';

const event = (reason: string): SessionEventBody => ({ type: 'session.stopping', reason });
const fenced = new FencedError('ses_1', 1, 'test');

describe('Journal', () => {
  let written: string[];
  let answers: (Error | undefined)[];
  let fences: number;
  let journal: Journal;

  beforeEach(() => {
    written = [];
    answers = [];
    fences = 0;
    const append = async (...events: SessionEventBody[]): Promise<EventId[]> => {
      await Promise.resolve();
      const answer = answers.shift();
      if (answer) throw answer;
      written.push(events.map((body) => 'reason' in body && body.reason).join('+'));
      return [];
    };
    journal = new Journal(
      { once: () => ({ append }) as OwnedSession },
      () => (fences += 1),
      pino({ enabled: false }),
    );
  });

  it('writes in order, and together what waits together', async () => {
    journal.append(event('a'));
    journal.append(event('b'));
    journal.append(event('c'));
    journal.write(async () => void written.push('write'));
    journal.append(event('d'));
    await journal.idle();
    expect(written).toEqual(['a', 'b+c', 'write', 'd']);
  });

  it('writes what is handed in at whatever moment the one before is done', async () => {
    for (let turns = 0; turns < 12; turns++) {
      written = [];
      journal.append(event('a'));
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      journal.append(event('b'));
      await journal.idle();
      expect(written.join('+'), `handed in ${turns} turns later`).toBe('a+b');
    }
  });

  it('tries again while Redis is away, and loses nothing', async () => {
    answers = [new StoreUnavailableError('test')];
    journal.append(event('a'));
    journal.append(event('b'));
    await journal.idle();
    expect(written).toEqual(['a', 'b']);
  });

  it('goes on behind a write that is refused', async () => {
    answers = [new Error('refused')];
    journal.append(event('a'));
    journal.append(event('b'));
    await journal.idle();
    expect(written).toEqual(['b']);
  });

  it('writes nothing more once the session is owned by another, and tells so once', async () => {
    answers = [fenced];
    journal.append(event('a'));
    journal.append(event('b'));
    await journal.idle();
    journal.append(event('c'));
    await journal.idle();
    expect([written, fences]).toEqual([[], 1]);
  });

  it('is told of fences that others notice', () => {
    expect([journal.noticeFence(new Error('other')), journal.noticeFence(fenced), fences]).toEqual([
      false,
      true,
      1,
    ]);
  });
});
