import { successCode } from '@avatar-bridge/heygen-client';
import type { SwitchValues } from '../../switches.ts';

/** An answer with data, wrapped as the switch says. */
export function success(data: unknown, switches: Pick<SwitchValues, 'successEnvelope'>): object {
  return switches.successEnvelope === 'code-100'
    ? { code: successCode, data, message: 'success' }
    : { error: null, data };
}

/** The answer of start, stop, interrupt and the like, which have no data. */
export function plainSuccess(switches: Pick<SwitchValues, 'successEnvelope' | 'plainAnswers'>): object {
  return switches.plainAnswers === 'status' ? { status: 'success' } : success(null, switches);
}
