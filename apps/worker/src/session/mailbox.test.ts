import type { QueuedCommand } from '@avatar-bridge/session-store';
import { describe, expect, it } from 'vitest';
import type { Known } from '../speech/known.ts';
import { Mailbox } from './mailbox.ts';
import type { Takeover } from './takeover.ts';

const message = (id: string): QueuedCommand => ({
  type: 'message',
  id,
  seq: 1,
  mode: 'repeat',
  text: id,
  acceptedAt: 0,
  entryId: id,
});
const interrupt: QueuedCommand = { type: 'interrupt', id: 'interrupt', at: 0, entryId: '1' };

describe('Mailbox', () => {
  const open = async (...commands: QueuedCommand[]) => {
    const known = Promise.withResolvers<ReadonlyMap<string, Known>>();
    const over = new AbortController();
    const owned = {
      record: { cursor: '0-0' },
      async *commands() {
        yield* commands;
        await new Promise<void>((resolve) => over.signal.addEventListener('abort', () => resolve()));
      },
    };
    const news = Promise.withResolvers<void>();
    let left = commands.length;
    const wake = () => (--left === 0 ? news.resolve() : undefined);
    const takeover = { known: known.promise } as unknown as Takeover;
    const mailbox = new Mailbox({ owned, takeover, wake, failed: () => {} });
    const reading = mailbox.read(over.signal);
    await news.promise;
    const close = async () => {
      over.abort();
      await reading;
    };
    return { mailbox, known, close };
  };
  const ids = (mailbox: Mailbox) => mailbox.take().map(({ command }) => command.id);

  it('holds messages back until it is known what was said of them', async () => {
    const { mailbox, known, close } = await open(message('a'), message('b'));
    const ofA: Known = { pieces: [], speakingAt: 7 };
    expect(ids(mailbox)).toEqual([]);
    known.resolve(new Map([['a', ofA]]));
    await known.promise;
    expect(mailbox.take().map(({ command, known: of }) => [command.id, of])).toEqual([
      ['a', ofA],
      ['b', undefined],
    ]);
    await close();
  });

  it('lets an interrupt through at once, with what it acts on', async () => {
    const { mailbox, known, close } = await open(message('a'), interrupt, message('b'));
    expect(ids(mailbox)).toEqual(['a', 'interrupt']);
    expect(ids(mailbox)).toEqual([]);
    known.resolve(new Map());
    await known.promise;
    expect(ids(mailbox)).toEqual(['b']);
    await close();
  });
});
