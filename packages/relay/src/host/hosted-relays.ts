import type { Logger } from '@avatar-bridge/livekit-rtp';
import { CancelledError, TerminalError } from '../errors.ts';
import type { MediaStats, RelayOptions } from '../media-relay.ts';
import type { LoadedEngine, RunningRelay } from './engines.ts';
import { toWire } from './protocol.ts';
import type { HostCommand, HostMessage, RelayCall, RelayEventMessage } from './protocol.ts';

type Hosted = {
  starting: AbortController;
  relay: RunningRelay | undefined;
  done: Promise<void>;
  /** Those under way. */
  calls: Map<number, AbortController>;
};

/** The relays of one host, worked by the worker's commands. */
export class HostedRelays {
  readonly #relays = new Map<number, Hosted>();
  readonly #engine: Promise<LoadedEngine>;
  readonly #send: (message: HostMessage) => void;
  readonly #logger: Logger;
  readonly #onEmpty: () => void;
  readonly #orphaned = new AbortController();

  /** `onEmpty` is called each time the last relay is gone. */
  constructor(options: {
    engine: Promise<LoadedEngine>;
    send(message: HostMessage): void;
    logger: Logger;
    onEmpty(): void;
  }) {
    this.#engine = options.engine;
    this.#send = (message) => options.send(message);
    this.#logger = options.logger;
    this.#onEmpty = () => options.onEmpty();
  }

  get size(): number {
    return this.#relays.size;
  }

  handle(command: Exclude<HostCommand, { type: 'leave' }>): void {
    switch (command.type) {
      case 'start':
        this.#start(command.relay, command.options);
        return;
      case 'call':
        void this.#call(command.relay, command.call, command.request);
        return;
      case 'cancel':
        this.#relays.get(command.relay)?.calls.get(command.call)?.abort();
        return;
      case 'close':
        void this.#close(command.relay, command.reason);
        return;
      case 'ping':
        this.#send({ type: 'pong', ping: command.ping });
        return;
    }
  }

  /** The worker is gone. */
  orphan(): void {
    this.#orphaned.abort();
  }

  async closeAll(reason: string): Promise<void> {
    await Promise.all([...this.#relays.keys()].map((relay) => this.#close(relay, reason)));
  }

  #start(relay: number, options: RelayOptions): void {
    const hosted: Hosted = {
      starting: new AbortController(),
      relay: undefined,
      done: Promise.resolve(),
      calls: new Map(),
    };
    this.#relays.set(relay, hosted);
    hosted.done = this.#run(relay, hosted, options);
  }

  async #run(relay: number, hosted: Hosted, options: RelayOptions): Promise<void> {
    try {
      const engine = await this.#engine;
      hosted.relay = await engine.start(options, {
        signal: hosted.starting.signal,
        logger: withFields(this.#logger, { relayId: options.id }),
        orphaned: this.#orphaned.signal,
        tokenRefreshed: (given, newest) => this.#send({ type: 'tokenRefreshed', relay, given, newest }),
        emit: (event, ...args) => {
          this.#send({ type: 'event', relay, event, args } as RelayEventMessage);
          if (event === 'closed') this.#forget(relay);
        },
      });
      this.#send({ type: 'started', relay });
    } catch (error) {
      this.#send({ type: 'refused', relay, error: toWire(error) });
      this.#forget(relay);
    }
  }

  async #call(relay: number, call: number, request: RelayCall): Promise<void> {
    const hosted = this.#relays.get(relay);
    const cancel = new AbortController();
    hosted?.calls.set(call, cancel);
    try {
      if (hosted?.relay === undefined) throw new CancelledError('the relay is closed');
      this.#send({ type: 'result', relay, call, value: await perform(hosted.relay, request, cancel.signal) });
    } catch (error) {
      this.#send({ type: 'fault', relay, call, error: toWire(error) });
    } finally {
      hosted?.calls.delete(call);
    }
  }

  async #close(relay: number, reason: string): Promise<void> {
    const hosted = this.#relays.get(relay);
    if (hosted === undefined) return;
    hosted.starting.abort(reason);
    await hosted.done;
    await hosted.relay?.close(reason);
  }

  #forget(relay: number): void {
    this.#relays.delete(relay);
    if (this.#relays.size === 0) this.#onEmpty();
  }
}

async function perform(
  relay: RunningRelay,
  request: RelayCall,
  signal: AbortSignal,
): Promise<MediaStats | null> {
  switch (request.method) {
    case 'sendToSource':
      await (relay.sendToSource?.(request.payload, request.options.topic) ?? refuse(request.method));
      return null;
    case 'caption':
      await relay.caption(request.caption);
      return null;
    case 'setAvatarState':
      await relay.setAvatarState(request.state);
      return null;
    case 'sendToStage':
      await relay.sendToStage(request.payload, request.options.topic);
      return null;
    case 'switchSource':
      await (relay.switchSource?.(request.source, signal) ?? refuse(request.method));
      return null;
    case 'playVoice': {
      const { utteranceId, pcm, last } = request.chunk;
      const chunk = { utteranceId, pcm: Buffer.from(pcm, 'base64'), last };
      await (relay.playVoice?.(chunk) ?? refuse(request.method));
      return null;
    }
    case 'clearVoice':
      await (relay.clearVoice?.() ?? refuse(request.method));
      return null;
    case 'stats':
      return relay.stats();
  }
}

/** Not every engine can do everything. */
function refuse(method: string): Promise<never> {
  return Promise.reject(new TerminalError('engine-not-available', `this relay's engine has no ${method}`));
}

function withFields(logger: Logger, extra: object): Logger {
  return {
    debug: (fields, message) => logger.debug({ ...extra, ...fields }, message),
    info: (fields, message) => logger.info({ ...extra, ...fields }, message),
    warn: (fields, message) => logger.warn({ ...extra, ...fields }, message),
    error: (fields, message) => logger.error({ ...extra, ...fields }, message),
  };
}
