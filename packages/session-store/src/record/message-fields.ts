import { MessageState } from '@avatar-bridge/contracts';

export const messageStates: readonly MessageState[] = MessageState.options;

/** States of a message that is not finished. */
export const openStates = ['accepted', 'speaking'] as const satisfies MessageState[];

/** States of a message that is finished. */
export const finalStates = messageStates.filter(
  (state) => !(openStates as readonly string[]).includes(state),
);

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

/**
 * All that the hash `messages` may hold of a message, as `<message id>:<name>`. `packed` is JSON: what else a finished one had, and
 * `taskIds` for its utterances.
 */
export const storedFieldNames = [...messageFieldNames, 'idempotency', 'packed'] as const;
