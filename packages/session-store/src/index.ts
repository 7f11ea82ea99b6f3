export * from './errors.ts';
export { openSessionStore } from './open.ts';
export type * from './types.ts';
