import { describe, expect, test } from 'vitest';
import { RetryableError } from './errors.ts';
import { Negotiator } from './negotiator.ts';

function negotiating() {
  const log: string[] = [];
  let offers = 0;
  const peer = {
    createOffer: () => `offer ${++offers}`,
    acceptAnswer: (sdp: string) => {
      if (sdp === 'bad') throw new Error('bad');
      log.push(`accept ${sdp}`);
    },
    rollBack: () => void log.push('roll back'),
  };
  return { log, negotiator: new Negotiator(peer, (sdp, id) => void log.push(`send ${sdp} #${id}`)) };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('Negotiator', () => {
  test('has one offer open at a time; changes meanwhile share the next', async () => {
    const { log, negotiator } = negotiating();
    const first = negotiator.negotiate();
    await turn();
    const second = negotiator.negotiate();
    const third = negotiator.negotiate();
    await turn();
    expect(log).toEqual(['send offer 1 #1']);
    negotiator.onAnswer('a', 1);
    expect(await first).toBe('a');
    await turn();
    negotiator.onAnswer('b', 2);
    expect(await Promise.all([second, third])).toEqual(['b', 'b']);
    expect(log).toEqual(['send offer 1 #1', 'accept a', 'send offer 2 #2', 'accept b']);
  });

  test('ignores answers to other offers; id 0 means the open one', async () => {
    const { log, negotiator } = negotiating();
    negotiator.onAnswer('early', 1);
    const answer = negotiator.negotiate();
    await turn();
    negotiator.onAnswer('late', 7);
    expect(log).toEqual(['send offer 1 #1']);
    negotiator.onAnswer('x', 0);
    expect(await answer).toBe('x');
  });

  test('takes an offer back whose answer was refused, and goes on', async () => {
    const { log, negotiator } = negotiating();
    const first = negotiator.negotiate();
    await turn();
    negotiator.onAnswer('bad', 1);
    await expect(first).rejects.toBeInstanceOf(RetryableError);
    expect(log).toContain('roll back');
    const second = negotiator.negotiate();
    await turn();
    negotiator.onAnswer('ok', 2);
    expect(await second).toBe('ok');
  });

  test('fails what is open and what comes later once closed', async () => {
    const { negotiator } = negotiating();
    const open = negotiator.negotiate();
    await turn();
    const error = new RetryableError('signal-lost', 'gone');
    negotiator.close(error);
    await expect(open).rejects.toBe(error);
    await expect(negotiator.negotiate()).rejects.toBe(error);
  });
});
