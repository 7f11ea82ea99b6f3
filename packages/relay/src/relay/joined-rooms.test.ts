import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { JoinedRooms } from './joined-rooms.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const cause = new Error('the relay was closed');

function bench(): {
  rooms: JoinedRooms;
  left: string[];
  warnings: string[];
  leave: () => Promise<void>;
  room: (name: string) => Promise<never>;
} {
  const rooms = new JoinedRooms();
  const left: string[] = [];
  const warnings: string[] = [];
  const logger = {
    debug: () => {},
    info: () => {},
    warn: (_: object, message: string) => void warnings.push(message),
    error: () => {},
  };
  const room = async (name: string) =>
    ({ close: async (reason: string) => void left.push(`${name}: ${reason}`) }) as never;
  return { rooms, left, warnings, leave: () => rooms.leave('done', cause, logger), room };
}

test('all rooms are left, also one whose join is under way, but not those that somebody else has left', async () => {
  const { rooms, left, warnings, leave, room } = bench();
  const joining = Promise.withResolvers<never>();
  const gone = room('gone');
  for (const one of [room('source'), joining.promise, gone]) rooms.add(one);
  rooms.delete(gone);
  const leaving = leave();
  await vi.advanceTimersByTimeAsync(1_900);
  joining.resolve(await room('stage'));
  await leaving;
  expect(left).toEqual(['source: done', 'stage: done']);
  expect(rooms.signal.aborted).toBe(false);
  expect(warnings).toEqual([]);
});

test('a join that takes too long is cut off, and a room that cannot be left does not keep the caller', async () => {
  const { rooms, warnings, leave } = bench();
  const joining = Promise.withResolvers<never>();
  rooms.signal.addEventListener('abort', () => joining.reject(rooms.signal.reason));
  rooms.add(joining.promise);
  const stuck = Promise.resolve({ close: () => new Promise<void>(() => {}) });
  rooms.add(stuck);
  let done = false;
  void leave().then(() => (done = true));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(rooms.signal.reason).toBe(cause);
  await vi.advanceTimersByTimeAsync(4_900);
  expect(done).toBe(false);
  await vi.advanceTimersByTimeAsync(100);
  expect(done).toBe(true);
  expect(warnings).toEqual(['a room was not left in time']);
});
