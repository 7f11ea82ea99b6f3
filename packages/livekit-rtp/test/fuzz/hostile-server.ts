import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ICEServer,
  JoinResponse,
  SessionDescription,
  SignalRequest,
  SignalResponse,
  SignalTarget,
  TrickleRequest,
} from '@livekit/protocol';
import { WebSocketServer, type WebSocket } from 'ws';
import { mediaSections } from '../../src/sdp.ts';
import { Mutator } from './mutator.ts';
import type { Random } from './random.ts';
import { recorded, recordedSdps } from './recorded.ts';
import { SdpMutator } from './sdp-mutator.ts';

/** Nobody listens there, and nothing has to be looked up to find that out. */
const ICE_URLS = [
  'stun:127.0.0.1:9',
  'stun:127.0.0.1:0',
  'stun:127.0.0.1:70000',
  'turn:127.0.0.1:9?transport=udp',
  'turn:127.0.0.1:99999999999',
  'stun:',
  'x',
];
const ODD_SECONDS = [0, 1, 5, 15, -1, 0x7fffffff, -0x80000000];
const CANDIDATE = 'candidate:2878742611 1 udp 2130706431 127.0.0.1 9 typ host ufrag NCTcxltcJiqkOVEZ';
const ADDRESS = 4;
const ODD_WORDS = [
  '0',
  '-1',
  '1',
  '2',
  '9',
  '70000',
  '4294967296',
  '99999999999999999999',
  'tcp',
  'typ',
  'relay',
  'srflx',
  'raddr',
  '%s',
  'é',
  'x'.repeat(300),
];
/** ms between the last message and the end of the connection: native threads have begun with what they were given. */
const LINGER = 60;

type Message = SignalResponse['message'];

/** A LiveKit server on this machine that lets everybody join, and then says what no server would. */
export class HostileServer {
  messages = 0;
  answers = 0;
  readonly #random: Random;
  readonly #server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  readonly #messagesEach: number;
  readonly #offers: SdpMutator;
  readonly #answers: SdpMutator;
  readonly #raw: Mutator;
  readonly #joins: Mutator;
  readonly #failed: (error: unknown) => void;

  private constructor(random: Random, messagesEach: number, failed: (error: unknown) => void) {
    this.#random = random;
    this.#messagesEach = messagesEach;
    this.#failed = failed;
    this.#offers = new SdpMutator(random, recordedSdps.offers);
    this.#answers = new SdpMutator(random, recordedSdps.answers);
    const others = recorded.filter(
      ({ message }) => message.case !== 'join' && message.case !== 'trickle' && message.case !== 'offer',
    );
    this.#raw = new Mutator(
      random,
      others.map((message) => message.toBinary()),
    );
    this.#joins = new Mutator(random, [this.#join({ odd: false }).toBinary()]);
    this.#server.on('connection', (socket) => void this.#serve(socket).catch(failed));
  }

  /** `failed` hears of what a client may never send. */
  static async start(
    random: Random,
    messagesEach: number,
    failed: (error: unknown) => void,
  ): Promise<HostileServer> {
    const server = new HostileServer(random, messagesEach, failed);
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }

  async #serve(socket: WebSocket): Promise<void> {
    const random = this.#random;
    socket.on('error', () => {});
    socket.on('message', (data) => this.#hear(data as Buffer));
    if (random.oneIn(8)) this.#send(socket, this.#joins.next());
    else this.#send(socket, this.#join({ odd: true }).toBinary());
    for (let sent = 0; sent < this.#messagesEach && socket.readyState === socket.OPEN; sent++) {
      this.#send(socket, new SignalResponse({ message: this.#message() }).toBinary());
      // A turn of the event loop for those on the other side of it.
      if (random.oneIn(4)) await sleep(random.below(8));
    }
    await sleep(random.below(LINGER));
    if (!random.oneIn(4)) this.#send(socket, this.#raw.next());
    if (random.oneIn(2)) socket.terminate();
    else socket.close(1000 + random.below(4));
  }

  #send(socket: WebSocket, bytes: Uint8Array): void {
    this.messages++;
    // A copy: the bytes are made in memory that is used again.
    socket.send(Buffer.from(bytes));
  }

  #hear(data: Buffer): void {
    try {
      const { message } = SignalRequest.fromBinary(data);
      if (message.case !== 'answer') return;
      this.answers++;
      mediaSections(message.value.sdp);
    } catch (error) {
      this.#failed(error);
    }
  }

  #join({ odd }: { odd: boolean }): SignalResponse {
    const random = this.#random;
    const { message } = recorded.find(({ message: one }) => one.case === 'join')!;
    const join = new JoinResponse(message.value as JoinResponse);
    join.iceServers = [];
    if (odd) {
      join.subscriberPrimary = random.oneIn(2);
      join.pingInterval = random.pick(ODD_SECONDS);
      join.pingTimeout = random.pick(ODD_SECONDS);
      if (random.oneIn(2))
        join.iceServers = [new ICEServer({ urls: [random.pick(ICE_URLS)], username: 'u', credential: 'c' })];
      if (random.oneIn(10)) join.participant = undefined;
    }
    return new SignalResponse({ message: { case: 'join', value: join } });
  }

  #message(): Message {
    const random = this.#random;
    const id = random.below(3);
    switch (random.below(6)) {
      case 0:
      case 1:
        return {
          case: 'offer',
          value: new SessionDescription({ type: 'offer', sdp: this.#offers.next(), id }),
        };
      case 2:
        return {
          case: 'answer',
          value: new SessionDescription({ type: 'answer', sdp: this.#answers.next(), id }),
        };
      case 3:
        return {
          case: 'trickle',
          value: new TrickleRequest({ candidateInit: this.#candidate(), target: this.#target() }),
        };
      default:
        return this.#other();
    }
  }

  /** A recorded message that says no more than that, or one that can still be read after it was changed. */
  #other(): Message {
    const random = this.#random;
    for (let tries = 0; tries < 20 && !random.oneIn(4); tries++) {
      try {
        const { message } = SignalResponse.fromBinary(this.#raw.next());
        if (
          message.case !== 'leave' &&
          message.case !== 'join' &&
          message.case !== 'trickle' &&
          message.case !== 'offer'
        )
          return message;
      } catch {
        // Those that cannot be read end the connection; one comes at its end.
      }
    }
    const { message } = random.pick(recorded);
    return message.case === 'join' || message.case === 'trickle' || message.case === 'offer'
      ? { case: undefined }
      : message;
  }

  #candidate(): string {
    const random = this.#random;
    const words = CANDIDATE.split(' ');
    for (let changes = random.below(4); changes > 0; changes--) {
      const at = random.below(words.length);
      if (at !== ADDRESS) words[at] = random.pick(ODD_WORDS);
    }
    const candidate = words
      .slice(0, random.oneIn(8) ? ADDRESS + 1 + random.below(words.length - ADDRESS) : words.length)
      .join(' ');
    const text = JSON.stringify({
      candidate,
      sdpMid: random.pick(['0', '1', '2', '9', '', null]),
      sdpMLineIndex: 0,
    });
    return random.oneIn(10) ? text.slice(0, random.below(text.length)) : text;
  }

  #target(): SignalTarget {
    return this.#random.oneIn(2) ? SignalTarget.PUBLISHER : SignalTarget.SUBSCRIBER;
  }
}
