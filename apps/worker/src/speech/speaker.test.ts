import type { Utterance } from '@avatar-bridge/session-store';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { now } from '../clock.ts';
import { SilentVendor, SpeakerRig } from './testing/speaker-rig.ts';

const sentence = (n: number) => `This is sentence number ${n}.`;

let rig: SpeakerRig;
beforeEach(() => {
  rig = new SpeakerRig();
});

describe('a text with nothing to say in it', () => {
  it.each(['👍', '"…"', '…', '---', '***', '\u2063', '\ufffd', '€', '!?', ' . '])(
    'ends at once without a call to the rig.vendor, or a vendor session: %j',
    async (text) => {
      rig.say(text);
      await rig.act({ submit: false });
      expect(rig.told).toEqual(['1 failed']);
      expect(rig.speaker.settled).toBe(true);
      expect(rig.vendor.calls).toEqual([]);
    },
  );

  it('ends at its turn, and what is behind it is said', async () => {
    rig.attach();
    rig.say(sentence(1), '👍', '---', sentence(4));
    await rig.act();
    rig.started();
    await rig.act();
    expect(rig.told).toEqual(['1 speaking']);
    rig.ended();
    await rig.act();
    expect(rig.told).toEqual(['1 speaking', '1 spoken', '2 failed', '3 failed']);
    expect(rig.vendor.calls).toEqual([sentence(1), sentence(4)]);
  });
});

describe('a message', () => {
  it('is not said when it was finished meanwhile', async () => {
    rig.attach();
    rig.say(...[1, 2, 3].map(sentence));
    rig.finished.add(2);
    await rig.act();
    rig.started();
    rig.ended();
    await rig.act();
    expect(rig.vendor.calls).toEqual([sentence(1), sentence(3)]);
  });

  it('is said again when nobody heard it, and counts as spoken only then', async () => {
    rig.attach();
    rig.say(sentence(1));
    await rig.act();
    rig.started();
    rig.speaker.suspend();
    rig.ended();
    await rig.act();
    expect(rig.vendor.calls).toEqual([sentence(1), '(interrupt)']);
    expect(rig.records.at(-1)).toMatchObject({ seq: 1, state: 'waiting' });
    rig.speaker.resume();
    await rig.act();
    expect(rig.vendor.calls).toEqual([sentence(1), '(interrupt)', sentence(1)]);
    rig.started();
    rig.ended();
    await rig.act();
    expect(rig.told.filter((line) => line.endsWith('spoken'))).toEqual(['1 spoken']);
  });

  it('is held back while the one before goes on to its end', async () => {
    rig.attach();
    rig.say(...[1, 2].map(sentence));
    await rig.act();
    rig.started();
    rig.speaker.hold(true);
    expect(rig.speaker.settled).toBe(false);
    rig.ended();
    await rig.act();
    expect(rig.speaker.settled).toBe(true);
    expect(rig.vendor.calls).toEqual([sentence(1)]);
    rig.speaker.hold(false);
    await rig.act();
    expect(rig.vendor.calls).toEqual([sentence(1), sentence(2)]);
  });
});

describe('interrupt', () => {
  it('silences what was accepted before a message, and lets that be said', async () => {
    rig.attach();
    rig.say(...[1, 2, 3].map(sentence));
    await rig.act();
    rig.started();
    await rig.act();
    rig.speaker.interrupt({ before: 3 }, () => rig.told.push('done'));
    await rig.act();
    expect(rig.told).toEqual(['1 speaking', '1 interrupted', '2 interrupted', 'done']);
    expect(rig.vendor.calls).toEqual([sentence(1), '(interrupt)', sentence(3)]);
  });

  it('leaves alone what is being said when that is not meant', async () => {
    rig.attach();
    rig.say(...[1, 2].map(sentence));
    await rig.act();
    rig.started();
    rig.ended();
    await rig.act();
    rig.started();
    await rig.act();
    rig.speaker.interrupt({ before: 2 }, () => rig.told.push('done'));
    expect(rig.told.at(-1)).toBe('done');
    expect(rig.vendor.calls).toEqual([sentence(1), sentence(2)]);
  });

  it('reaches what an attached vendor session is saying, once that can be told', async () => {
    const message = rig.message(sentence(1));
    const piece = { index: 0, text: message.text, span: [0, 21] as const, expected: 2_000 };
    const record = { state: 'speaking' as const, at: Date.now() - 500, taskId: 'old' };
    rig.speaker.add(message, { pieces: [{ ...piece, verdict: 'adopt', record }] });
    rig.speaker.interrupt({}, () => rig.told.push('done'));
    await rig.act({ submit: false });
    expect(rig.told).toEqual(['1 interrupted: This']);
    rig.attach();
    await rig.act();
    expect(rig.vendor.calls).toEqual(['(interrupt)']);
    expect(rig.told.at(-1)).toBe('done');
  });
});

describe('after a takeover that went on with the vendor session', () => {
  const begun = (verdict: 'adopt' | 'say', record?: Pick<Utterance, 'state' | 'at' | 'taskId'>) => {
    const message = rig.message(sentence(1));
    const piece = { index: 0, text: message.text, span: [0, 21] as const, expected: 2_000 };
    rig.speaker.add(message, { pieces: [{ ...piece, verdict, record }] });
  };

  it("a task's end ends what the former owner had handed over", async () => {
    begun('adopt', { state: 'submitted', at: Date.now() - 500, taskId: 'old' });
    rig.say(sentence(2));
    rig.attach();
    await rig.act();
    expect(rig.vendor.calls).toEqual([]);
    expect(rig.speaker.messageOf('old')).toBe('msg_1');
    rig.started('old');
    rig.ended('old');
    await rig.act();
    expect(rig.told).toEqual(['1 speaking', '1 spoken']);
    expect(rig.vendor.calls).toEqual([sentence(2)]);
  });

  it('what it was just handing over is waited for', async () => {
    begun('adopt', { state: 'submitting', at: Date.now() - 500 });
    rig.attach();
    await rig.act();
    expect(rig.vendor.calls).toEqual([]);
    rig.started('new');
    rig.speaker.act(now() + 1_000, { submit: true });
    rig.ended('new');
    await rig.act();
    expect(rig.told).toEqual(['1 speaking', '1 spoken']);
    expect(rig.vendor.calls).toEqual([]);
  });

  it('and said again when there is no sign of it', async () => {
    begun('adopt', { state: 'submitting', at: Date.now() - 500 });
    rig.attach();
    rig.speaker.act(now() + 2_600, { submit: true });
    await rig.act();
    expect(rig.vendor.calls).toEqual(['(interrupt)', sentence(1)]);
  });

  it('what it is saying is silenced first when nobody heard it', async () => {
    begun('say', { state: 'speaking', at: Date.now() - 500, taskId: 'old' });
    rig.attach({ silence: true });
    await rig.act();
    expect(rig.vendor.calls).toEqual(['(interrupt)', sentence(1)]);
  });

  it('what it held is said again when the vendor session is lost after all', async () => {
    begun('adopt', { state: 'speaking', at: Date.now() - 500, taskId: 'old' });
    rig.speaker.detach();
    rig.attach();
    await rig.act();
    expect(rig.vendor.calls).toEqual([sentence(1)]);
  });
});

describe('another vendor session', () => {
  it('takes over at once, also while the one before was just being silenced', async () => {
    rig.attach();
    rig.say(sentence(1));
    await rig.act();
    rig.started();
    rig.speaker.interrupt({}, () => rig.told.push('done'));
    rig.speaker.interrupt({}, () => rig.told.push('done again'));
    const before = rig.vendor;
    rig.vendor = new SilentVendor();
    rig.attach();
    expect(rig.told.slice(-2)).toEqual(['done', 'done again']);
    rig.say(sentence(2));
    await rig.act();
    expect(before.calls).not.toContain(sentence(2));
    expect(rig.vendor.calls).toEqual([sentence(2)]);
  });
});

it('silences nobody while the lease does not hold: the avatar may be the next owner’s', async () => {
  rig.attach();
  rig.say(sentence(1));
  await rig.act();
  rig.leased = false;
  rig.speaker.suspend();
  await rig.act();
  expect(rig.vendor.calls).toEqual([sentence(1)]);
  rig.leased = true;
  await vi.waitFor(() => expect(rig.vendor.calls).toEqual([sentence(1), '(interrupt)']));
});

describe("an end that may be the session's", () => {
  const saying = async (): Promise<void> => {
    rig.attach();
    rig.say(sentence(1));
    await rig.act();
    rig.started();
    rig.ended(rig.vendor.taskId, 60);
    await rig.act();
    expect(rig.told).toEqual(['1 speaking']);
  };

  it('is believed when the session has gone on for long enough', async () => {
    await saying();
    await sleep(70);
    await rig.act();
    expect(rig.told).toEqual(['1 speaking', '1 spoken']);
  });

  it('is believed when the avatar is silenced: it is not said again', async () => {
    await saying();
    rig.speaker.suspend();
    await rig.act();
    rig.speaker.resume();
    await rig.act();
    expect(rig.told).toEqual(['1 speaking', '1 spoken']);
    expect(rig.vendor.calls).toEqual([sentence(1), '(interrupt)']);
  });

  it('is not believed when the session is over: it is said again', async () => {
    await saying();
    rig.speaker.detach();
    rig.vendor = new SilentVendor();
    rig.attach();
    await rig.act();
    expect(rig.told).toEqual(['1 speaking']);
    expect(rig.vendor.calls).toEqual([sentence(1)]);
  });
});
