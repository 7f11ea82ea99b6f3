import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Seal } from './seal.ts';

const secrets = { token: 'eyJ-secret', accessToken: 'another' };

test('opens what was sealed with the same secret, which it does not show', () => {
  const sealed = new Seal('a secret').seal(secrets);
  expect(sealed).not.toContain('secret');
  expect(new Seal('a secret').open(sealed)).toEqual(secrets);
});

test('opens nothing that was sealed with another secret', () => {
  expect(new Seal('another secret').open(new Seal('a secret').seal(secrets))).toBeUndefined();
});

test('opens nothing that was tampered with, or is no seal at all', () => {
  const seal = new Seal('a secret');
  const bytes = Buffer.from(seal.seal(secrets), 'base64url');
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const tampered = Buffer.from(bytes);
      tampered[at] = (tampered[at] ?? 0) ^ flip;
      expect(seal.open(tampered.toString('base64url'))).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(seal.open(text)).toBeUndefined();
    }),
  );
});
