import { MessageState } from '@avatar-bridge/contracts';

export const messageStates: readonly MessageState[] = MessageState.options;

/** States of a message that is not finished. */
export const openStates = ['accepted', 'speaking'] as const satisfies MessageState[];

/** Fields that hold a number: times in epoch ms, durations in ms. */
export const numberFields = [
  'submittedAt',
  'speakingAt',
  'finishedAt',
  'waitedMs',
  'vendorMs',
  'firstFrameMs',
] as const;

/** Fields from which a message is read. */
export const messageFieldNames = [
  'seq',
  'mode',
  'text',
  'state',
  'entry',
  'event',
  'expiresAfter',
  'utterances',
  'spokenText',
  'reason',
  ...numberFields,
] as const;

/** All that the hash `messages` holds of a message, as `<message id>:<name>`. */
export const storedFieldNames = [...messageFieldNames, 'idempotency'] as const;
