export { Envelope, readEnvelope, type EnvelopeContent } from '../core/envelope.ts';
export * from '../core/errors.ts';
export * from './wire/index.ts';
