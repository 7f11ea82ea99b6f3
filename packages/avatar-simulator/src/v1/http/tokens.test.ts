import { describe, expect, it } from 'vitest';
import { Tokens } from './tokens.ts';

describe('one-time tokens', () => {
  it('have the shape seen at the vendor', () => {
    const token = new Tokens().issue(1_700_000_000_500, 1_000);
    expect(JSON.parse(Buffer.from(token, 'base64').toString())).toEqual({
      token: expect.stringMatching(/^[0-9a-f]{32}$/),
      token_type: 'sa_from_regular',
      created_at: 1_700_000_000,
    });
    // The SDK puts it into a URL as it is.
    expect(token).not.toMatch(/[+/&#]/);
  });

  it('open one session and serve its calls only', () => {
    const tokens = new Tokens();
    const token = tokens.issue(0, 1_000);
    expect(tokens.isFresh(token, 1)).toBe(true);
    expect(tokens.spend(token, 'a', 1)).toBe(true);
    expect(tokens.spend(token, 'b', 2)).toBe(false);
    expect(tokens.isFresh(token, 2)).toBe(false);
    expect(tokens.allows(token, 'a', 3)).toBe(true);
    expect(tokens.allows(token, 'b', 3)).toBe(false);
    expect(tokens.allows(token, undefined, 3)).toBe(true);
    expect(tokens.allows('made up', 'a', 3)).toBe(false);
  });

  it('expire', () => {
    const tokens = new Tokens();
    const token = tokens.issue(0, 1_000);
    expect(tokens.spend(token, 'a', 999)).toBe(true);
    expect(tokens.allows(token, 'a', 1_000)).toBe(false);
  });
});
