import { beforeEach, describe, expect, it } from 'vitest';
import { type Fact, type Piece, type Speech, speechOf } from './speech.ts';
import { SpeechQueue } from './speech-queue.ts';

let seq = 0;
function message(texts: string[], more: { mode?: 'talk' | 'repeat'; expiresAt?: number } = {}): Speech {
  seq += 1;
  const id = `msg_${String(seq).padStart(32, '0')}`;
  return speechOf(
    { type: 'message', id, seq, mode: 'repeat', text: texts.join(' '), acceptedAt: 0, ...more },
    texts.map((text, index) => ({ index, text, span: [index, index + 1], expected: 1_000 })),
  );
}
const told = (facts: Fact[]) =>
  facts.map((fact) =>
    'piece' in fact ? `${fact.type} ${fact.piece.text}` : `${fact.type} ${fact.speech.message.text}`,
  );

describe('SpeechQueue', () => {
  let queue: SpeechQueue;
  const submit = (taskId: string, at = 0): Piece => {
    const piece = queue.next();
    if (!piece) throw new Error('nothing to submit');
    queue.submitted(piece, taskId, at);
    return piece;
  };

  beforeEach(() => {
    queue = new SpeechQueue();
    queue.adapt(2, () => undefined);
  });

  it('hands out utterances in order, one playing and one waiting, across messages', () => {
    queue.add(message(['a1', 'a2']));
    queue.add(message(['b1']));
    expect(submit('1').text).toBe('a1');
    expect(submit('2').text).toBe('a2');
    expect(queue.next()).toBeUndefined();
    queue.started('1', 1);
    queue.ended('1', 2);
    expect(queue.next()?.text).toBe('b1');
  });

  it('submits nothing behind a question until the answer is spoken', () => {
    queue.add(message(['q'], { mode: 'talk' }));
    queue.add(message(['b']));
    submit('1');
    expect(queue.next()).toBeUndefined();
    queue.started('1', 1);
    expect(queue.next()?.text).toBe('b');
  });

  it('tells when a message begins and when it has been spoken', () => {
    queue.add(message(['a1', 'a2']));
    submit('1');
    submit('2');
    expect(told(queue.started('1', 1))).toEqual(['piece.speaking a1', 'speaking a1 a2']);
    expect(told(queue.ended('1', 2))).toEqual(['piece.spoken a1']);
    expect(told(queue.started('2', 3))).toEqual(['piece.speaking a2']);
    expect(told(queue.ended('2', 4))).toEqual(['piece.spoken a2', 'spoken a1 a2']);
    expect(queue.speeches).toEqual([]);
  });

  it('bears an end before its beginning', () => {
    queue.add(message(['a']));
    submit('1');
    expect(told(queue.ended('1', 1))).toEqual([
      'piece.speaking a',
      'speaking a',
      'piece.spoken a',
      'spoken a',
    ]);
    expect(queue.started('1', 2)).toEqual([]);
  });

  it('bears doubled events', () => {
    queue.add(message(['a', 'b']));
    submit('1');
    submit('2');
    queue.started('1', 1);
    expect(queue.started('1', 2)).toEqual([]);
    queue.ended('1', 3);
    expect(queue.ended('1', 4)).toEqual([]);
  });

  it('takes the beginning of the next for the lost end of the one before', () => {
    queue.add(message(['a']));
    queue.add(message(['b']));
    submit('1');
    submit('2');
    queue.started('1', 1);
    expect(told(queue.started('2', 5))).toEqual([
      'piece.spoken a',
      'spoken a',
      'piece.speaking b',
      'speaking b',
    ]);
  });

  it('remembers events that come before the vendor has named the task', () => {
    queue.add(message(['a']));
    const piece = queue.next()!;
    expect(queue.started('1', 1)).toEqual([]);
    expect(queue.unknownTaskSince(0, () => true)).toBe('1');
    expect(queue.unknownTaskSince(0, (taskId) => taskId !== '1')).toBeUndefined();
    expect(told(queue.submitted(piece, '1', 2))).toEqual([
      'piece.submitted a',
      'piece.speaking a',
      'speaking a',
    ]);
  });

  it('ignores tasks that are none of its own', () => {
    queue.add(message(['a']));
    submit('1');
    expect([...queue.started('opening', 1), ...queue.ended('opening', 2)]).toEqual([]);
  });

  it('lets a cleared message come to nothing, whatever arrives later', () => {
    queue.add(message(['a']));
    submit('1');
    expect(queue.clear().map((speech) => speech.message.text)).toEqual(['a']);
    expect(queue.started('1', 1)).toEqual([]);
    expect(queue.ended('1', 2)).toEqual([]);
    expect(queue.isPast('1')).toBe(true);
    expect(queue.unknownTaskSince(0, () => true)).toBeUndefined();
    expect(queue.outstanding).toEqual([]);
  });

  it('clears only what was accepted before a message', () => {
    const [a, b] = [message(['a']), message(['b'])];
    queue.add(a);
    queue.add(b);
    expect(queue.clear(b.message.seq)).toEqual([a]);
    expect(queue.speeches).toEqual([b]);
  });

  it('says again what was taken back, and nothing else', () => {
    queue.add(message(['a1', 'a2', 'a3']));
    submit('1');
    submit('2');
    queue.started('1', 1);
    queue.ended('1', 2);
    queue.takeBack();
    expect(queue.ended('2', 3)).toEqual([]);
    expect(submit('3').text).toBe('a2');
    expect(submit('4').text).toBe('a3');
  });

  it('skips what is not to be said again, and ends the message with its last utterance', () => {
    queue.add(message(['a1', 'a2']));
    const skipped = { state: 'failed', code: 'uncertain', reason: 'nobody knows' } as const;
    expect(told(queue.skip(queue.next()!, skipped))).toEqual(['piece.skipped a1']);
    const last = queue.next()!;
    expect(last.text).toBe('a2');
    expect(told(queue.skip(last, skipped))).toEqual(['unspoken a1 a2']);
    expect(queue.speeches).toEqual([]);
  });

  it('takes an unknown task for the utterance whose name nobody knows, and no other', () => {
    queue.add(message(['a', 'b']));
    queue.submitted(queue.next()!, undefined, 0);
    submit('2');
    expect(told(queue.started('1', 1))).toEqual(['piece.speaking a', 'speaking a b']);
    expect(queue.byTask('1')?.text).toBe('a');
    expect(queue.started('3', 2)).toEqual([]);
  });

  it('expires a message that waited too long, unless the vendor has had some of it', () => {
    queue.add(message(['a1', 'a2'], { expiresAt: 100 }));
    queue.add(message(['b'], { expiresAt: 200 }));
    expect(queue.expire(150, queue.speeches[0])).toEqual([]);
    submit('1');
    expect(queue.nextExpiry).toBe(200);
    expect(queue.expire(150, undefined)).toEqual([]);
    expect(queue.expire(200, undefined).map((speech) => speech.message.text)).toEqual(['b']);
  });

  it('knows since when the first in line is first', () => {
    queue.add(message(['a', 'b']));
    submit('1', 10);
    submit('2', 20);
    expect(queue.firstSince({ at: 10 })).toBe(10);
    queue.started('1', 30);
    queue.ended('1', 500);
    expect(queue.firstSince(queue.outstanding[0]!)).toBe(500);
  });

  it('gives what is left to another vendor in its own measure, and forgives the losses of the one before', () => {
    const speech = message(['a1', 'a2', 'a3']);
    queue.add(speech);
    submit('1');
    queue.ended('1', 1);
    submit('2');
    queue.takeBack();
    speech.losses = 1;
    queue.adapt(1, ({ pieces }) => {
      const rest = pieces.filter(({ state }) => state.name === 'waiting');
      return rest.flatMap(({ text, span, expected }, n) => [
        { index: 3 + 2 * n, text: `${text} first half`, span, expected },
        { index: 4 + 2 * n, text: `${text} second half`, span, expected },
      ]);
    });
    expect(speech.losses).toBe(0);
    expect(speech.pieces.map(({ text }) => text)).toEqual([
      'a1',
      'a2 first half',
      'a2 second half',
      'a3 first half',
      'a3 second half',
    ]);
    expect(submit('3').text).toBe('a2 first half');
    expect(queue.next()).toBeUndefined();
  });
});
