import { EventEmitter } from 'node:events';
import type { MediaRelay, Relay, RelayEvents, RelayOptions } from '../../../packages/relay/src/index.ts';

/** Carries nothing, and says that it does. */
export const relayDouble: MediaRelay = {
  async start(options) {
    const relay = new SilentRelay(options);
    setImmediate(() => relay.begin());
    return relay;
  },
  async close() {},
  async [Symbol.asyncDispose]() {},
};

class SilentRelay extends EventEmitter<RelayEvents> implements Relay {
  readonly id: string;
  readonly engine = 'rtp' as const;
  readonly #startedAt = performance.now();
  #closed = false;

  constructor({ id }: RelayOptions) {
    super();
    this.id = id;
  }

  begin(): void {
    this.emit('engineChosen', { engine: 'rtp', reason: 'default' });
    for (const kind of ['video', 'audio'] as const) this.emit('firstFrame', { kind, at: Date.now() });
    this.emit('audience', { watched: true });
  }

  async stats() {
    return {
      id: this.id,
      uptime: performance.now() - this.#startedAt,
      engine: this.engine,
      engineReason: 'default' as const,
      restarts: 0,
    };
  }

  async sendToSource(): Promise<void> {}
  async caption(): Promise<void> {}
  async setAvatarState(): Promise<void> {}
  async sendToStage(): Promise<void> {}
  async switchSource(): Promise<void> {}
  async playVoice(): Promise<void> {}
  async clearVoice(): Promise<void> {}

  async close(reason = 'closed'): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('closed', { reason });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
