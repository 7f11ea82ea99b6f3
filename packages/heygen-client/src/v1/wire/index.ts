/**
 * Everything the vendor's v1 API says on the wire, with how sure each fact is. A test double validates with
 * the same schemas.
 */
export * from './endpoints.ts';
export * from '../../core/envelope.ts';
export * from './events.ts';
export * from './frame.ts';
export * from './list.ts';
export * from './session.ts';
export * from './task.ts';
export * from './vendor-errors.ts';
