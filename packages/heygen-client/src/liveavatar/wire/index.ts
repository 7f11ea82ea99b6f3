/**
 * Everything LiveAvatar says on the wire, with how sure each fact is. A test double validates with the same
 * schemas.
 */
export * from './catalogue.ts';
export * from './endpoints.ts';
export * from './errors.ts';
export * from './lite.ts';
export * from './room.ts';
export * from './session.ts';
export * from './token.ts';
