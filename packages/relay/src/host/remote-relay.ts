import { EventEmitter } from 'node:events';
import { CancelledError, RetryableError } from '../errors.ts';
import type { RelayError } from '../errors.ts';
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
  RoomSource,
  RelayStats,
  VoiceChunk,
} from '../media-relay.ts';
import { EventContinuity, told } from './event-continuity.ts';
import { NewestTokens } from './newest-tokens.ts';
import { fromWire } from './protocol.ts';
import type { RelayCall, RelayEventMessage, WireError } from './protocol.ts';
import type { RelayRun, RunListener, RunRelay } from './relay-run.ts';
import { RemoteCalls } from './remote-calls.ts';
import { RestartBudget } from './restart-budget.ts';

type State = 'starting' | 'running' | 'restarting' | 'closed';

/** A relay that runs in a relay host, and on another one when that dies. */
export class RemoteRelay extends EventEmitter<RelayEvents> implements Relay, RunListener {
  readonly id: string;
  readonly #choice: EngineChoice;
  readonly #runRelay: RunRelay;
  readonly #calls = new RemoteCalls();
  readonly #events = new EventContinuity();
  readonly #tokens = new NewestTokens();
  readonly #restartBudget = new RestartBudget();
  readonly #start = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  /** What a restart is made with. */
  #options: RelayOptions;
  #state: State = 'starting';
  #run: RelayRun | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  /** What the run told before it had started. */
  #early: RelayEventMessage[] = [];
  /** Events are kept until whoever started the relay has had a turn to set listeners. */
  #held: RelayEventMessage[] | null;
  #closing: string | undefined;
  #sourceGone = false;
  #avatarState: AvatarState | undefined;
  #restarts = 0;

  constructor(options: RelayOptions, choice: EngineChoice, runRelay: RunRelay) {
    super();
    this.id = options.id;
    this.#options = options;
    this.#choice = choice;
    this.#runRelay = runRelay;
    this.#held = [told('engineChosen', choice)];
  }

  get engine(): EngineName {
    return this.#choice.engine;
  }

  /** Resolves after `closed`, or when the start has failed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Resolves when the relay runs; to be called once. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const onAbort = (): void => void this.close('cancelled');
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#begin();
    try {
      await this.#start.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async sendToSource(payload: string, options: DataOptions = {}): Promise<void> {
    await this.#call({ method: 'sendToSource', payload, options });
  }

  async caption(caption: Caption): Promise<void> {
    await this.#call({ method: 'caption', caption });
  }

  async setAvatarState(state: AvatarState): Promise<void> {
    this.#avatarState = state;
    await this.#call({ method: 'setAvatarState', state });
  }

  async sendToStage(payload: string, options: DataOptions = {}): Promise<void> {
    await this.#call({ method: 'sendToStage', payload, options });
  }

  async switchSource(source: RoomSource, signal?: AbortSignal): Promise<void> {
    await this.#call({ method: 'switchSource', source }, signal);
    this.#options = { ...this.#options, source };
    this.#tokens.keep(this.#options);
    this.#sourceGone = false;
  }

  async playVoice(chunk: VoiceChunk): Promise<void> {
    if (this.#state === 'running') this.#events.voice(chunk.utteranceId);
    const pcm = Buffer.from(chunk.pcm).toString('base64');
    await this.#call({ method: 'playVoice', chunk: { ...chunk, pcm } });
  }

  async clearVoice(): Promise<void> {
    await this.#call({ method: 'clearVoice' });
  }

  async stats(): Promise<RelayStats> {
    const { engine, reason: engineReason } = this.#choice;
    const stats = (await this.#call({ method: 'stats' })) as MediaStats;
    return { engine, engineReason, restarts: this.#restarts, ...stats };
  }

  async close(reason = 'closed'): Promise<void> {
    if (this.#closing === undefined && this.#state !== 'closed') {
      this.#closing = reason;
      if (this.#run === undefined) this.#end(undefined);
      else this.#run.close(reason);
    }
    return this.#ended.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  onStarted(): void {
    if (this.#closing !== undefined) return;
    const first = this.#state === 'starting';
    const early = first ? this.#early : this.#events.resume(this.#early, performance.now());
    this.#state = 'running';
    if (first) {
      this.#start.resolve();
      setImmediate(() => this.#release());
    } else {
      this.#restarts++;
    }
    // A new participant on the stage has no attributes.
    const before: RelayCall | undefined = this.#avatarState && {
      method: 'setAvatarState',
      state: this.#avatarState,
    };
    const channel = {
      call: (call: number, request: RelayCall) => this.#run?.call(call, request),
      cancel: (call: number) => this.#run?.cancel(call),
    };
    this.#calls.connect(channel, before);
    for (const message of early) this.#onEvent(message);
  }

  onRefused(error: RelayError): void {
    this.#run = undefined;
    this.#end(this.#closing === undefined ? error : undefined);
  }

  onEvent(message: RelayEventMessage): void {
    if (this.#state === 'running') this.#onEvent(message);
    else if (message.event === 'closed')
      this.onRefused(new RetryableError('failed', `the relay closed (${message.args[0].reason})`));
    else this.#early.push(message);
  }

  onResult(call: number, value: MediaStats | null): void {
    this.#calls.take(call)?.resolve(value);
  }

  onFault(call: number, error: WireError): void {
    this.#calls.take(call)?.reject(fromWire(error));
  }

  onTokenRefreshed(given: string, newest: string): void {
    this.#tokens.refresh(given, newest);
  }

  onHostGone(message: string): void {
    this.#run = undefined;
    this.#early = [];
    const error = new RetryableError('host-died', message);
    this.#calls.disconnect(error);
    const now = performance.now();
    // There is nothing to bring back from a vendor's room that is gone.
    const delay = this.#closing !== undefined || this.#sourceGone ? undefined : this.#restartBudget.take(now);
    if (delay === undefined) {
      this.#end(this.#closing === undefined ? error : undefined);
      return;
    }
    this.#restartTimer = setTimeout(() => this.#begin(), delay);
    if (this.#state !== 'running') return;
    this.#state = 'restarting';
    for (const message of this.#events.cutOff(error.code, now)) this.#tell(message);
  }

  #begin(): void {
    this.#options = this.#tokens.renew(this.#options);
    try {
      this.#run = this.#runRelay(this.#options, this);
    } catch (error) {
      this.onHostGone(error instanceof Error ? error.message : String(error));
    }
  }

  #call(request: RelayCall, signal?: AbortSignal): Promise<MediaStats | null> {
    if (this.#closing !== undefined) return Promise.reject(new CancelledError('the relay is closed'));
    return this.#calls.call(request, signal);
  }

  #onEvent(message: RelayEventMessage): void {
    if (message.event === 'sourceDisconnected') this.#sourceGone = true;
    if (message.event === 'closed') this.#state = 'closed';
    const translated = this.#events.translate(message, performance.now());
    if (translated !== undefined) this.#tell(translated);
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const message of held) this.#emit(message);
  }

  #tell(message: RelayEventMessage): void {
    if (this.#held === null) this.#emit(message);
    else this.#held.push(message);
  }

  #emit(message: RelayEventMessage): void {
    if (message.event === 'closed') {
      this.#calls.close();
      this.#ended.resolve();
    }
    this.emit(message.event, ...(message.args as never));
  }

  /** There is no run any more, and will be none. Without an error that is what was asked for. */
  #end(error: RelayError | undefined): void {
    clearTimeout(this.#restartTimer);
    const started = this.#state !== 'starting';
    this.#state = 'closed';
    if (!started) {
      this.#start.reject(error ?? new CancelledError('the start of the relay was cancelled'));
      this.#ended.resolve();
      return;
    }
    if (error !== undefined) this.#tell(told('failed', { code: error.code, message: error.message }));
    this.#tell(told('closed', { reason: this.#closing ?? error?.code ?? 'closed' }));
  }
}
