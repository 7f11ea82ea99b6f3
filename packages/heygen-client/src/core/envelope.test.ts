import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEnvelope } from './envelope.ts';

test.each([
  [
    { code: 100, data: { a: 1 }, message: 'success' },
    { ok: true, data: { a: 1 } },
  ],
  [
    { error: null, data: { token: 't' } },
    { ok: true, data: { token: 't' } },
  ],
  [
    { code: '100', data: null },
    { ok: true, data: null },
  ],
  [
    { code: 1000, data: 1 },
    { ok: true, data: 1 },
  ],
  [{ status: 'ok' }, { ok: true, data: { status: 'ok' } }],
  [
    { code: 400112, message: 'Unauthorized' },
    { ok: false, code: 400112, message: 'Unauthorized' },
  ],
  [
    { code: '400006', message: 'no', data: null },
    { ok: false, code: 400006, message: 'no' },
  ],
  [
    { code: 10003, message: 'deprecated', details: 'invalid avatar' },
    { ok: false, code: 10003, message: 'deprecated' },
  ],
  [
    { data: null, error: { code: 'invalid_parameter', message: 'bad' } },
    { ok: false, code: 'invalid_parameter', message: 'bad' },
  ],
  [
    { data: null, error: 'bad' },
    { ok: false, message: 'bad' },
  ],
  [{ detail: 'Unsupported media type' }, { ok: false, message: 'Unsupported media type' }],
  [{ detail: [{ loc: ['body'], msg: 'missing' }] }, { ok: false, message: 'missing' }],
  [
    {
      detail: [
        { loc: ['body', 'avatar_persona', 'voice_id'], msg: 'Input should be a valid UUID', type: 'uuid' },
        { loc: ['query', 'page'], msg: 'too small' },
      ],
    },
    { ok: false, message: 'avatar_persona.voice_id: Input should be a valid UUID; page: too small' },
  ],
  [{ detail: [{ odd: 1 }] }, { ok: false, message: '[{"odd":1}]' }],
  [undefined, { ok: true, data: undefined }],
  [[1], { ok: true, data: [1] }],
])('%j reads as %j', (body, expected) => {
  expect(readEnvelope(body)).toEqual(expected);
});

test('no body makes the reader throw', () => {
  const keys = fc.record(
    {
      code: fc.jsonValue(),
      message: fc.jsonValue(),
      data: fc.jsonValue(),
      error: fc.jsonValue(),
      detail: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const property = fc.property(fc.oneof(fc.anything(), fc.jsonValue(), keys), (body) => {
    const content = readEnvelope(body);
    return content.ok || typeof content.message === 'string';
  });
  expect(() => fc.assert(property)).not.toThrow();
});
