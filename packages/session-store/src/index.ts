export * from './errors.ts';
export type { FrontDesk } from './front-desk.ts';
export { openSessionStore } from './open.ts';
export type { Ownership } from './ownership.ts';
export { outlasted } from './session-ends.ts';
export type { SessionStore } from './store.ts';
export type * from './types.ts';
export type { Upkeep } from './upkeep.ts';
export type { WarmPool } from './warm-pool.ts';
