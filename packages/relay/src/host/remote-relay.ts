import { EventEmitter } from 'node:events';
import { CancelledError } from '../errors.ts';
import type {
  AvatarState,
  Caption,
  DataOptions,
  EngineChoice,
  EngineName,
  MediaStats,
  Relay,
  RelayEvents,
  RelayOptions,
  RelayStats,
} from '../media-relay.ts';
import { fromWire } from './protocol.ts';
import type { RelayCall, RelayEventMessage, WireError } from './protocol.ts';

export type RemoteRelayHooks = { call(call: number, request: RelayCall): void; close(reason: string): void };

type Pending = { resolve(value: MediaStats | null): void; reject(error: Error): void };

/** A relay that runs in a relay host. */
export class RemoteRelay extends EventEmitter<RelayEvents> implements Relay {
  readonly id: string;
  readonly #choice: EngineChoice;
  readonly #hooks: RemoteRelayHooks;
  readonly #calls = new Map<number, Pending>();
  readonly #ended = Promise.withResolvers<void>();
  /** Events are kept until whoever started the relay has had a turn to set listeners. */
  #held: RelayEventMessage[] | null;
  #lastCall = 0;
  #closing = false;
  #closed = false;

  constructor(id: string, choice: EngineChoice, hooks: RemoteRelayHooks) {
    super();
    this.id = id;
    this.#choice = choice;
    this.#hooks = hooks;
    this.#held = [{ type: 'event', relay: 0, event: 'engineChosen', args: [choice] }];
  }

  get engine(): EngineName {
    return this.#choice.engine;
  }

  async sendToSource(payload: string, options: DataOptions = {}): Promise<void> {
    await this.#call({ method: 'sendToSource', payload, options });
  }

  async caption(caption: Caption): Promise<void> {
    await this.#call({ method: 'caption', caption });
  }

  async setAvatarState(state: AvatarState): Promise<void> {
    await this.#call({ method: 'setAvatarState', state });
  }

  async sendToStage(payload: string, options: DataOptions = {}): Promise<void> {
    await this.#call({ method: 'sendToStage', payload, options });
  }

  async switchSource(source: RelayOptions['source']): Promise<void> {
    await this.#call({ method: 'switchSource', source });
  }

  async stats(): Promise<RelayStats> {
    const { engine, reason: engineReason } = this.#choice;
    return { engine, engineReason, ...((await this.#call({ method: 'stats' })) as MediaStats) };
  }

  async close(reason = 'closed'): Promise<void> {
    if (!this.#closing && !this.#closed) {
      this.#closing = true;
      this.#hooks.close(reason);
    }
    return this.#ended.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The relay has started: events are emitted from the next turn on. */
  started(): void {
    setImmediate(() => {
      const held = this.#held ?? [];
      this.#held = null;
      for (const message of held) this.#emitEvent(message);
    });
  }

  onEvent(message: RelayEventMessage): void {
    if (this.#held === null) this.#emitEvent(message);
    else this.#held.push(message);
  }

  onResult(call: number, value: MediaStats | null): void {
    this.#take(call)?.resolve(value);
  }

  onFault(call: number, error: WireError): void {
    this.#take(call)?.reject(fromWire(error));
  }

  /** The host is gone, and the relay with it. */
  hostDied(message: string): void {
    this.onEvent({ type: 'event', relay: 0, event: 'failed', args: [{ code: 'host-died', message }] });
    this.onEvent({ type: 'event', relay: 0, event: 'closed', args: [{ reason: 'host-died' }] });
  }

  #call(request: RelayCall): Promise<MediaStats | null> {
    if (this.#closing || this.#closed) return Promise.reject(new CancelledError('the relay is closed'));
    const call = ++this.#lastCall;
    const { promise, resolve, reject } = Promise.withResolvers<MediaStats | null>();
    this.#calls.set(call, { resolve, reject });
    this.#hooks.call(call, request);
    return promise;
  }

  #take(call: number): Pending | undefined {
    const pending = this.#calls.get(call);
    this.#calls.delete(call);
    return pending;
  }

  #emitEvent(message: RelayEventMessage): void {
    if (message.event === 'closed') this.#onClosed();
    this.emit(message.event, ...(message.args as never));
  }

  #onClosed(): void {
    this.#closed = true;
    for (const pending of this.#calls.values()) pending.reject(new CancelledError('the relay was closed'));
    this.#calls.clear();
    this.#ended.resolve();
  }
}
