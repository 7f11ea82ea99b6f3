import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { current, type LinkEvent, type Links, living, next, type Task } from './link-state.ts';
import type { VendorLink } from './vendor-link.ts';

const age = { upAt: 0, rollAt: 100 };
const task = (): Task => ({ cancel: new AbortController(), done: Promise.resolve() });
const link = (id: string) => ({ session: { ref: { id } } }) as unknown as VendorLink;
const a = link('a');
const b = link('b');
const up: Links = { name: 'up', link: a, age };

function run(from: Links, ...events: LinkEvent[]): Links {
  return events.reduce(next, from);
}

test('a vendor session is opened, replaced and lost', () => {
  const opened = run({ name: 'none' }, { type: 'opening', task: task() }, { type: 'opened', link: a, age });
  expect(opened).toEqual(up);
  const rolled = run(opened, { type: 'rolling', task: task() }, { type: 'opened', link: b, age });
  expect(current(rolled)).toBe(b);
  expect(run(rolled, { type: 'lost' })).toEqual({ name: 'none' });
});

test('one that could not be replaced goes on', () => {
  const kept = run(up, { type: 'rolling', task: task() }, { type: 'not-rolled', retryAt: 200 });
  expect(kept).toEqual({ ...up, age: { upAt: 0, rollAt: 200 } });
});

test('one whose stage was lost is kept, and comes back', () => {
  const offstage = run(up, { type: 'stage-lost' });
  expect(living(offstage)).toBe(a);
  expect(current(offstage)).toBeUndefined();
  const again = run(offstage, { type: 'opening', task: task() }, { type: 'failed' });
  expect(again).toEqual(offstage);
  expect(run(again, { type: 'opening', task: task() }, { type: 'opened', link: a, age })).toEqual(up);
});

test('whatever happens, none is opened while one lives, and none that lives is forgotten', () => {
  const event = fc.constantFrom<() => LinkEvent>(
    () => ({ type: 'opening', task: task() }),
    () => ({ type: 'opened', link: link('new'), age }),
    () => ({ type: 'unstaged', link: link('new'), age }),
    () => ({ type: 'failed' }),
    () => ({ type: 'rolling', task: task() }),
    () => ({ type: 'not-rolled', retryAt: 1 }),
    () => ({ type: 'stage-lost' }),
    () => ({ type: 'lost' }),
    () => ({ type: 'closed' }),
  );
  const ends = new Set(['lost', 'opened', 'unstaged']);
  const brokenBy = (before: Links, one: LinkEvent, after: Links): string[] => {
    const lived = living(before);
    return [
      ...(lived && !ends.has(one.type) && living(after) !== lived ? ['a living one was forgotten'] : []),
      ...(lived && after.name === 'opening' ? ['one was opened while one lived'] : []),
      ...(before.name === 'closed' && after !== before ? ['it opened again'] : []),
    ];
  };
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let links: Links = { name: 'none' };
      const broken = events.flatMap((make) => {
        const one = make();
        const before = links;
        links = next(links, one);
        return brokenBy(before, one, links);
      });
      expect(broken).toEqual([]);
    }),
  );
});
