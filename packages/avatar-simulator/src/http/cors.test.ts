import { describe, expect, it } from 'vitest';
import { isLoopback } from './cors.ts';

describe('the origins that browsers may call from', () => {
  it.each([
    'http://localhost:3000',
    'https://localhost',
    'http://127.0.0.1:8080',
    'http://127.1.2.3',
    'http://[::1]:5173',
    'http://app.localhost',
  ])('take %s', (origin) => expect(isLoopback(origin)).toBe(true));

  it.each([
    'https://example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'null',
    '',
  ])('refuse %s', (origin) => expect(isLoopback(origin)).toBe(false));
});
