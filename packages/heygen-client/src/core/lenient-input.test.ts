import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { withoutNulls, withReadStrings } from './lenient-input.ts';

test('drops null members, however deep, and keeps everything else', () => {
  expect(withoutNulls({ a: null, b: { c: null, d: 0 }, e: [null, { f: null }], g: '' })).toEqual({
    b: { d: 0 },
    e: [null, {}],
    g: '',
  });
});

test('reads numbers and booleans that are written as strings', () => {
  const schema = z.object({ rate: z.number(), deep: z.object({ on: z.boolean(), count: z.int() }) });
  const given = { rate: '1.5', deep: { on: 'True', count: '3' } };
  const { error } = schema.safeParse(given);
  expect(schema.parse(withReadStrings(given, error!.issues))).toEqual({
    rate: 1.5,
    deep: { on: true, count: 3 },
  });
});

test('leaves a string alone that is neither a number nor a boolean', () => {
  const schema = z.object({ rate: z.number(), on: z.boolean() });
  const given = { rate: 'fast', on: 'maybe' };
  expect(withReadStrings(given, schema.safeParse(given).error!.issues)).toEqual(given);
});

test('no value makes it throw', () => {
  const schema = z.object({ a: z.number(), __proto__: z.boolean(), b: z.array(z.object({ c: z.int() })) });
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const given = withoutNulls(value);
      const { error } = schema.safeParse(given);
      if (error) withReadStrings(given, error.issues);
    }),
  );
  let deep: unknown = null;
  for (let depth = 0; depth < 100_000; depth++) deep = { deep };
  expect(() => withReadStrings({ a: 'x', deep }, schema.safeParse({ a: 'x' }).error!.issues)).not.toThrow();
});
