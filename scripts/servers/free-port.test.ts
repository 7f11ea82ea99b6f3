import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';

test('no port is given twice, and none that an outgoing connection may be given', async () => {
  const ports = await Promise.all(Array.from({ length: 40 }, () => freePort()));
  expect(new Set(ports).size).toBe(ports.length);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

test('the preferred port is given when it is free, and another one when it is not', async () => {
  const preferred = await freePort();
  // It was given once in this process.
  expect(await freePort(preferred)).not.toBe(preferred);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  expect(await freePort(port)).not.toBe(port);
  server.close();
  await once(server, 'close');
});
