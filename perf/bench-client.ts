import { once } from 'node:events';
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { build } from 'hdr-histogram-js';
import { WebSocket } from 'ws';

export type BenchEvent = { id: string; type: string; at: number; messageId?: string };

/** ms since 1970, with parts of a ms. */
export const now = (): number => performance.timeOrigin + performance.now();

/**
 * One request over a kept connection. Node's own client, because `fetch` takes about as long as what is
 * measured.
 */
export async function request(
  agent: Agent,
  key: string,
  method: string,
  url: string,
  body?: unknown,
): Promise<unknown> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${key}`,
    ...(payload ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) } : {}),
  };
  const sent = httpRequest(url, { agent, method, headers });
  sent.end(payload);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = await text(response);
  if ((response.statusCode ?? 500) >= 300)
    throw new Error(`${method} ${url}: ${response.statusCode} ${answer}`);
  return JSON.parse(answer);
}

/** The session's events, waited for one condition at a time. */
export function follow(
  base: string,
  key: string,
): {
  until(fits: (event: BenchEvent) => boolean): Promise<void>;
  seen(): readonly BenchEvent[];
  forget(): void;
  close(): void;
} {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/socket?after=0-0`, {
    headers: { authorization: `Bearer ${key}` },
  });
  let seen: BenchEvent[] = [];
  let check: (() => void) | undefined;
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string; event: BenchEvent };
    if (message.type === 'event') seen.push(message.event);
    check?.();
  });
  return {
    until: (fits) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`Nothing fitting among ${seen.map(({ type }) => type).join(', ')}`)),
          30_000,
        );
        check = () => {
          if (!seen.some(fits)) return;
          clearTimeout(late);
          check = undefined;
          resolve();
        };
        check();
      }),
    seen: () => seen,
    forget: () => {
      seen = [];
    },
    close: () => socket.close(),
  };
}

/** Percentiles of ms. */
export function histogram(values: number[]): { p50: number; p90: number; p99: number; max: number } {
  const h = build({ numberOfSignificantValueDigits: 3 });
  // In microseconds: the histogram takes whole numbers.
  for (const value of values) h.recordValue(Math.max(0, Math.round(value * 1_000)));
  const at = (percentile: number): number => Math.round(h.getValueAtPercentile(percentile) / 10) / 100;
  return { p50: at(50), p90: at(90), p99: at(99), max: at(100) };
}
