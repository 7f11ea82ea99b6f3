import {
  problem,
  SocketRequest,
  type Problem,
  type SessionId,
  type SocketResponse,
} from '@avatar-bridge/contracts';
import { checkPolicy, missingGrant } from '../auth/missing-grant.ts';
import type { Credential } from '../auth/credential.ts';
import type { Parts } from '../parts.ts';
import { badInput, faultsOf } from '../problems/bad-input.ts';
import { problemOf } from '../problems/from-error.ts';
import { ProblemError } from '../problems/problem-error.ts';

/**
 * Does what one frame asks for and answers under the frame's own id. Commands reach the store in the order of
 * the calls. Never throws.
 */
export async function answerRequest(
  text: string,
  sessionId: SessionId,
  credential: Credential,
  parts: Pick<Parts, 'store' | 'metrics' | 'logger'>,
): Promise<SocketResponse> {
  let id: string | null = null;
  try {
    const frame = parse(text);
    id = idIn(frame);
    const request = SocketRequest.safeParse(frame);
    if (!request.success) throw badInput(faultsOf(request.error, 'frame'));
    requireGrant(credential, request.data);
    if (request.data.type === 'message') checkPolicy(credential, request.data.message);
    return { type: 'answer', id: request.data.id, result: await act(request.data, sessionId, parts) };
  } catch (error) {
    return { type: 'error', id, problem: refuse(error, parts) };
  }
}

const needed = { message: 'say', interrupt: 'interrupt', ping: undefined } as const;

function requireGrant({ ticket }: Credential, { type }: SocketRequest): void {
  const grant = needed[type];
  if (ticket && grant && !ticket.grants.includes(grant)) throw missingGrant(grant);
}

async function act(
  request: SocketRequest,
  sessionId: SessionId,
  { store, metrics }: Pick<Parts, 'store' | 'metrics'>,
): Promise<unknown> {
  switch (request.type) {
    case 'message': {
      try {
        const { message, replayed } = await store.postMessage(sessionId, request.message, {
          idempotencyKey: request.id,
        });
        if (!replayed) metrics.messageAccepted();
        return message;
      } catch (error) {
        metrics.messageRejected(problemOf(error).code);
        throw error;
      }
    }
    case 'interrupt': {
      const { id: idempotencyKey, before } = request;
      return (await store.interrupt(sessionId, { before }, { idempotencyKey })).interrupt;
    }
    case 'ping':
      return { at: Date.now() };
  }
}

function refuse(error: unknown, { logger }: Pick<Parts, 'logger'>): Problem {
  const { code, message, more } = problemOf(error);
  if (code === 'internal') logger.error({ err: error }, 'socket request failed');
  return problem(code, message, more);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError('not-json', 'Send one JSON object in each text frame.', { cause: error });
  }
}

function idIn(frame: unknown): string | null {
  const id = typeof frame === 'object' && frame !== null && 'id' in frame ? frame.id : undefined;
  return typeof id === 'string' && id.length <= 128 ? id : null;
}
