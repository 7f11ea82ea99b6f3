import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@avatar-bridge/livekit-rtp';
import type { HostedEngine, RelayOptions } from '../media-relay.ts';
import { fromWire } from './protocol.ts';
import type { HostCommand, HostMessage } from './protocol.ts';
import type { RelayRun, RunListener } from './relay-run.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
/** All that a host needs to know of its surroundings; the worker's keys are not among it. */
const INHERITED = ['PATH', 'HOME', 'TZ', 'LANG', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];
/**
 * A packet is a small object with memory outside of V8's heap. A young generation of 1 MB is emptied of them
 * several times a second, in less than a millisecond; in one of V8's own choice they pile up until it marks
 * the whole heap because of them, each second.
 */
const NODE_OPTIONS = ['--max-semi-space-size=1'];
/**
 * Packets are allocated by one thread and freed by another: with an arena for each thread, glibc keeps more
 * memory and is no faster.
 */
const MALLOC_ARENA_MAX = '2';
const LEAVE_TIMEOUT = 10_000;
const PING_INTERVAL = 3_000;
/**
 * A host that has left so many pings unanswered is stuck, and its relays with it. Counted, since it is not
 * its fault when this process is late.
 */
const UNANSWERED_PINGS = 3;

export type RelayHostOptions = {
  engine: HostedEngine;
  /** ms that the host carries on when this process is gone without a word. */
  orphanGrace: number;
  logger: Logger;
  /** Its last relay is gone. */
  onIdle(host: RelayHost): void;
  onExit(host: RelayHost): void;
};

/** A relay host as its worker sees it: forked on construction, gone after `onExit`. */
export class RelayHost {
  readonly #options: RelayHostOptions;
  readonly #child: ChildProcess;
  readonly #relays = new Map<number, RunListener>();
  readonly #exited = Promise.withResolvers<void>();
  readonly #pinger: NodeJS.Timeout;
  #lastRelay = 0;
  #lastPing = 0;
  #unansweredPings = 0;
  #leaving = false;
  #gone = false;

  constructor(options: RelayHostOptions) {
    this.#options = options;
    this.#child = fork(MAIN, [String(options.orphanGrace), options.engine], {
      env: { ...inherited(), MALLOC_ARENA_MAX },
      execArgv: NODE_OPTIONS,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    if (this.#child.stderr !== null)
      createInterface(this.#child.stderr).on('line', (line) => this.#onLine(line));
    this.#child.on('message', (message: HostMessage) => this.#onMessage(message));
    this.#child.on('error', (error) => this.#onError(error));
    this.#child.once('exit', (code, signal) => this.#onExit(code, signal));
    this.#pinger = setInterval(() => this.#ping(), PING_INTERVAL);
    options.logger.info({ pid: this.pid, engine: options.engine }, 'relay host forked');
  }

  get engine(): HostedEngine {
    return this.#options.engine;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Relays that it carries or starts. */
  get load(): number {
    return this.#relays.size;
  }

  /** Relays that it was ever given. */
  get started(): number {
    return this.#lastRelay;
  }

  /** Whether it takes new relays. */
  get open(): boolean {
    return !this.#leaving && !this.#gone && this.#child.connected;
  }

  /** Begins to carry a relay. */
  run(options: RelayOptions, listener: RunListener): RelayRun {
    const number = ++this.#lastRelay;
    this.#relays.set(number, listener);
    this.#send({ type: 'start', relay: number, options });
    return {
      call: (call, request) => this.#send({ type: 'call', relay: number, call, request }),
      cancel: (call) => this.#send({ type: 'cancel', relay: number, call }),
      close: (reason) => this.#send({ type: 'close', relay: number, reason }),
    };
  }

  /** Closes its relays and ends the process; resolves when it is gone. Idempotent. */
  async close(reason: string): Promise<void> {
    if (!this.#leaving && !this.#gone) {
      this.#leaving = true;
      this.#send({ type: 'leave', reason });
      const killer = setTimeout(() => this.#child.kill('SIGKILL'), LEAVE_TIMEOUT);
      void this.#exited.promise.then(() => clearTimeout(killer));
    }
    return this.#exited.promise;
  }

  #send(command: HostCommand): void {
    // A host that is gone is told of by its exit.
    if (this.#child.connected) this.#child.send(command, () => {});
  }

  #onMessage(message: HostMessage): void {
    switch (message.type) {
      case 'pong':
        this.#unansweredPings = 0;
        return;
      case 'log':
        this.#options.logger[message.level]({ hostPid: this.pid, ...message.fields }, message.message);
        return;
      case 'started':
        this.#relays.get(message.relay)?.onStarted();
        return;
      case 'refused':
        this.#forget(message.relay)?.onRefused(fromWire(message.error));
        return;
      case 'event': {
        const relay =
          message.event === 'closed' ? this.#forget(message.relay) : this.#relays.get(message.relay);
        relay?.onEvent(message);
        return;
      }
      case 'result':
        this.#relays.get(message.relay)?.onResult(message.call, message.value);
        return;
      case 'fault':
        this.#relays.get(message.relay)?.onFault(message.call, message.error);
        return;
      case 'tokenRefreshed':
        this.#relays.get(message.relay)?.onTokenRefreshed(message.given, message.newest);
        return;
    }
  }

  /** Native libraries write as they like; most of it is nothing, but it may be the last words. */
  #onLine(line: string): void {
    const level = line.startsWith('[OpenH264]') ? 'debug' : 'warn';
    this.#options.logger[level]({ hostPid: this.pid, line }, 'relay host wrote');
  }

  #forget(number: number): RunListener | undefined {
    const relay = this.#relays.get(number);
    this.#relays.delete(number);
    if (this.#relays.size === 0 && this.open) this.#options.onIdle(this);
    return relay;
  }

  #ping(): void {
    if (this.#unansweredPings >= UNANSWERED_PINGS) {
      this.#options.logger.error({ pid: this.pid }, 'relay host does not answer');
      this.#child.kill('SIGKILL');
      return;
    }
    this.#unansweredPings++;
    this.#send({ type: 'ping', ping: ++this.#lastPing });
  }

  /** A process that could not be had never exits. */
  #onError(error: Error): void {
    this.#options.logger.error({ err: error, pid: this.pid }, 'relay host error');
    if (this.pid === undefined && !this.#gone) this.#onExit(null, null);
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#gone = true;
    clearInterval(this.#pinger);
    const orphans = [...this.#relays.values()];
    this.#relays.clear();
    if (orphans.length > 0 || !this.#leaving) {
      this.#options.logger.error({ pid: this.pid, code, signal, relays: orphans.length }, 'relay host died');
    }
    this.#options.onExit(this);
    for (const relay of orphans)
      relay.onHostGone(`the relay host ended (${signal ?? code ?? 'it could not be forked'})`);
    this.#exited.resolve();
  }
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
