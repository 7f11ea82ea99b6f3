import { randomUUID } from 'node:crypto';
import type { AgentState, LiteMessage } from '@avatar-bridge/heygen-client/liveavatar';
import type { Task } from '../avatar/task.ts';
import type { EventPlan } from '../faults/faults.ts';
import type { SwitchValues } from '../switches.ts';

/** A message of the socket; what is null on the wire is missing in the client's type. */
export type AudioMessage = { type: LiteMessage['type']; [key: string]: unknown };

export type ConnectionState = 'connecting' | 'connected' | 'closing' | 'closed';

/** The docs' names of a session's states, and those that two third parties saw. */
const otherNames: Record<ConnectionState, string> = {
  connecting: 'new',
  connected: 'connected',
  closing: 'disconnected',
  closed: 'disconnected',
};

/**
 * What the clients of one audio channel are told, and in which order. Applies the switches and the faults.
 */
export class AudioMessages {
  readonly #switches: () => SwitchValues;
  #state: AgentState = 'idle';

  constructor(switches: () => SwitchValues) {
    this.#switches = switches;
  }

  sessionState(state: ConnectionState): AudioMessage[] {
    const named = this.#switches().sessionStateNames === 'connecting-closed' ? state : otherNames[state];
    return [{ type: 'session.state_updated', event_id: randomUUID(), state: named }];
  }

  /** A command about the sound was taken. */
  buffer(what: 'appended' | 'committed' | 'cleared', taskId?: string, eventId?: string): AudioMessage[] {
    return [
      {
        type: `agent.audio_buffer_${what}`,
        event_id: randomUUID(),
        source_event_id: eventId ?? null,
        ...(taskId !== undefined && { task: { id: taskId } }),
      },
    ];
  }

  started(task: Task, plan: EventPlan): AudioMessage[] {
    const start = this.#speech('agent.speak_started', task);
    return this.#kept([...this.talking(), ...(plan.disorder ? [] : start)], plan);
  }

  ended(task: Task, plan: EventPlan, rest: 'idle' | 'listening'): AudioMessage[] {
    const late = plan.disorder ? this.#speech('agent.speak_started', task) : [];
    return this.#kept([...this.#speech('agent.speak_ended', task), ...late, ...this.resting(rest)], plan);
  }

  interrupted(task: Task, plan: EventPlan, rest: 'idle' | 'listening'): AudioMessage[] {
    const also = this.#switches().interruptedLine === 'interrupted-and-ended';
    return this.#kept(
      [
        ...this.#speech('agent.speak_interrupted', task),
        ...(also ? this.#speech('agent.speak_ended', task) : []),
        ...this.resting(rest),
      ],
      plan,
    );
  }

  talking(): AudioMessage[] {
    return this.#become('talking');
  }

  resting(state: 'idle' | 'listening'): AudioMessage[] {
    return this.#become(state);
  }

  /** Listening was switched on or off. While the avatar talks, that is told when it has finished. */
  listening(on: boolean): AudioMessage[] {
    return this.#state === 'talking' ? [] : this.#become(on ? 'listening' : 'idle');
  }

  error(type: string, message: string, eventId?: string): AudioMessage[] {
    return [{ type: 'error', error: { type, message, event_id: eventId ?? null } }];
  }

  #become(state: AgentState): AudioMessage[] {
    const previous = this.#state;
    this.#state = state;
    if (previous === state || this.#switches().speakSignals === 'speak-only') return [];
    return [
      {
        type: 'agent.state_updated',
        event_id: randomUUID(),
        source_event_id: null,
        previous_state: previous,
        new_state: state,
      },
    ];
  }

  #speech(type: `agent.speak_${'started' | 'ended' | 'interrupted'}`, task: Task): AudioMessage[] {
    if (this.#switches().speakSignals === 'state-only') return [];
    const { eventId, taskId } = task;
    return [{ type, event_id: randomUUID(), source_event_id: eventId ?? null, task: { id: taskId } }];
  }

  #kept(payloads: AudioMessage[], plan: EventPlan): AudioMessage[] {
    return payloads.filter(({ type }) => !plan.lose.has(type));
  }
}
